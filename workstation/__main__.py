"""The start of the program."""

from workstation.cli import main

if __name__ == "__main__":
    main()
