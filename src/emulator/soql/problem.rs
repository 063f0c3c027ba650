//! Why a query is refused, in Salesforce's words.

/// Characters of the query that an error message shows before and after the place of the error.
const EXCERPT_CHARACTERS: usize = 34;

/// A refused query: Salesforce's error code, its message, and the place in the query if the message shows one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) code: &'static str,
    message: String,
    at: Option<usize>,
}

impl Problem {
    /// A problem at a place (in bytes) of the query.
    pub(crate) fn at(place: usize, code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), at: Some(place) }
    }

    /// A problem of the query as a whole.
    pub(crate) fn anywhere(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), at: None }
    }

    /// `MALFORMED_QUERY` at the token `token`.
    pub(crate) fn unexpected(place: usize, token: &str) -> Self {
        Self::at(place, "MALFORMED_QUERY", format!("unexpected token: '{token}'"))
    }

    /// The message as the API sends it: an excerpt of the query, a caret below it, row and column, and the text.
    pub(crate) fn message(&self, query: &str) -> String {
        let Some(at) = self.at else { return self.message.clone() };
        let before = &query[..at];
        let row = before.matches('\n').count() + 1;
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let column = before[line_start..].chars().count() + 1;
        let head: Vec<char> = before[line_start..].chars().collect();
        let mut head = &head[head.len().saturating_sub(EXCERPT_CHARACTERS)..];
        if column > EXCERPT_CHARACTERS + 1
            && let Some(space) = head.iter().position(|character| *character == ' ')
        {
            head = &head[space + 1..];
        }
        let tail = query[at..].chars().take_while(|character| *character != '\n').take(EXCERPT_CHARACTERS);
        let excerpt: String = head.iter().copied().chain(tail).collect();
        let caret = format!("{}^", " ".repeat(head.len()));
        format!("\n{excerpt}\n{caret}\nERROR at Row:{row}:Column:{column}\n{}", self.message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_point_at_the_place() {
        let query = "SELECT Id, Foo FROM User";
        let problem = Problem::at(11, "INVALID_FIELD", "No such column 'Foo' on entity 'User'.");
        assert_eq!(
            problem.message(query),
            "\nSELECT Id, Foo FROM User\n           ^\nERROR at Row:1:Column:12\nNo such column 'Foo' on entity 'User'."
        );
        assert_eq!(Problem::anywhere("X", "text").message(query), "text");
    }

    #[test]
    fn long_queries_are_cut_to_the_neighborhood_and_rows_are_counted() {
        let query = format!("SELECT {}\nFROM User WHERE ü = 'ä' AND Name = 1", "Id, ".repeat(50));
        let at = query.find("= 1").unwrap();
        assert_eq!(
            Problem::at(at, "X", "wrong").message(&query),
            "\nFROM User WHERE ü = 'ä' AND Name = 1\n                                 ^\nERROR at Row:2:Column:34\nwrong"
        );
    }
}
