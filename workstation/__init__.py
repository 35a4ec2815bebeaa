"""Agent Workstation: the desk of a contact-centre agent, with or without the central database."""
