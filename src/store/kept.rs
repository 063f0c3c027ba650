//! What a reader has read once: what it shows does not change, and the reports of a feed ask for the same again and again.

use std::cell::RefCell;

use hashbrown::HashMap;

use super::Error;

/// Answers by the org's number and the companies asked for.
pub(super) struct Kept<Answer>(RefCell<HashMap<(i64, Vec<String>), Answer>>);

impl<Answer> Default for Kept<Answer> {
    fn default() -> Self {
        Self(RefCell::default())
    }
}

impl<Answer: Clone> Kept<Answer> {
    /// The answer, which `read` finds when it is asked for the first time.
    ///
    /// # Errors
    /// Those of `read`; nothing is kept then.
    pub(super) fn get(
        &self,
        org_no: i64,
        companies: &[String],
        read: impl FnOnce() -> Result<Answer, Error>,
    ) -> Result<Answer, Error> {
        let question = (org_no, companies.to_vec());
        if let Some(answer) = self.0.borrow().get(&question) {
            return Ok(answer.clone());
        }
        let answer = read()?;
        self.0.borrow_mut().insert(question, answer.clone());
        Ok(answer)
    }
}
