"""The order system: takes orders, reserves stock, and has them paid."""
