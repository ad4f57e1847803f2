"""What tests share: people, professionals, documents, questions."""
