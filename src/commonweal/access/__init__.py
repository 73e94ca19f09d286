"""Who works here and what each may do: accounts with a role, sign-in links, passwords, sessions.

Nothing is allowed that a rule does not name, and whom one may see is decided in PostgreSQL besides (row-level
security), not by the page.
"""
