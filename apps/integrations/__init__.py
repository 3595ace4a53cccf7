"""EventBridge's two scenarios: a CRM outside and a bank, and furniture made to order."""
