"""What is sold and charged: plans, subscriptions, charging, the credit hold, watches."""
