//! A Salesforce org on loopback. Speaks only the wire, and shares nothing with the client but base.
