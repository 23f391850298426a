"""The system of record: what was asked, seen, scored, decided and opened as a lead, in one transactional database."""
