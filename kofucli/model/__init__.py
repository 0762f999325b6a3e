"""What the office keeps and counts with: records, reservation numbers, open days."""
