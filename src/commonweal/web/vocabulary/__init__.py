"""The words themselves, as tables: code to msgid, one module a noun. words.py looks them up."""
