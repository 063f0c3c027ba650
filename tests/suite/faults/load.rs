//! Many orgs in one configuration.
