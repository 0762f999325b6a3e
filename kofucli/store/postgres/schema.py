"""The tables of an office, made by numbered migrations; a migration never changes once released.

All names are qualified, and every key begins with the office: an engine that divides tables among
machines can do it by office.
"""

from __future__ import annotations

MIGRATIONS = (
    """
    CREATE TABLE {s}.head (
        office text COLLATE "C" PRIMARY KEY,
        migration int NOT NULL,
        header bytea NOT NULL,
        snapshot bytea,
        lineage text COLLATE "C" NOT NULL DEFAULT ''
    );
    CREATE TABLE {s}.ledger (
        office text COLLATE "C" NOT NULL,
        n bigint NOT NULL,
        month text COLLATE "C" NOT NULL,
        line bytea NOT NULL,
        PRIMARY KEY (office, n)
    );
    CREATE INDEX ledger_month ON {s}.ledger (office, month, n);
    CREATE TABLE {s}.documents (
        office text COLLATE "C" NOT NULL,
        name text COLLATE "C" NOT NULL,
        share smallint,
        n bigint NOT NULL,
        content bytea NOT NULL,
        PRIMARY KEY (office, name)
    );
    CREATE INDEX documents_share ON {s}.documents (office, share) WHERE share IS NOT NULL;
    CREATE TABLE {s}.personal (
        office text COLLATE "C" NOT NULL,
        agent text COLLATE "C" NOT NULL,
        name text COLLATE "C" NOT NULL,
        content bytea NOT NULL,
        PRIMARY KEY (office, agent, name)
    );
    CREATE TABLE {s}.mails (
        office text COLLATE "C" NOT NULL,
        name text COLLATE "C" NOT NULL,
        content bytea NOT NULL,
        PRIMARY KEY (office, name)
    );
    """,
)


def schema_of(office: str) -> str:
    """Return the schema of an office, 1 to 4 letters A-Z."""
    return f"kofu_{office.lower()}"
