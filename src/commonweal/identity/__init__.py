"""Who is who: records of many lists to one person each, persons to households, ids that stay."""
