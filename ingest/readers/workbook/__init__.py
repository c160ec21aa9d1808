"""What an Excel workbook holds, as its program shows it: cells by their formats, formulas, comments, tables."""
