//! The only room with SQL for collected data: migrations, stage, merge, history, views, backup. Knows
//! nothing of HTTP.
mod rows;
pub use rows::*;
#[derive(Debug, thiserror::Error)]
#[error("store")]
pub struct Error;
pub struct Reader;
impl Reader {
    pub fn licenses<E: From<Error>>(
        &self,
        _: &Selection,
        _each: impl FnMut(LicenseRow) -> Result<(), E>,
    ) -> Result<(), E> {
        Ok(())
    }
    pub fn users<E: From<Error>>(
        &self,
        _: &Selection,
        _each: impl FnMut(UserRow) -> Result<(), E>,
    ) -> Result<(), E> {
        Ok(())
    }
    pub fn subscriptions<E: From<Error>>(
        &self,
        _: &Selection,
        _each: impl FnMut(SubscriptionRow) -> Result<(), E>,
    ) -> Result<(), E> {
        Ok(())
    }
    pub fn org_states(&self, _: &Selection) -> Result<Vec<OrgState>, Error> {
        Ok(vec![])
    }
    pub fn newest_state(&self, _: &[String]) -> Result<Option<jiff::Timestamp>, Error> {
        Ok(None)
    }
    pub fn org_names(&self) -> Result<Vec<String>, Error> {
        Ok(vec![])
    }
    pub fn companies(&self) -> Result<Vec<String>, Error> {
        Ok(vec![])
    }
}
