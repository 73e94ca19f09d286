"""What people see: pages by role, in their language, read from the ledger only.

`app.create_app` is the application, `server.serve` runs it. Each route names the one permission that it needs
(guard.py); every write goes through a room's actions.
"""
