"""What the setting of a page's characters says and their text does not: what is raised, struck out, turned, in columns."""
