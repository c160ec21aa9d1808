"""Web pages as blocks: tables, forms, links, formulas."""
