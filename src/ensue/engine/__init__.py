"""The engine: state, facts and work in one transactional store, and the workers that move them."""
