//! Turns tokens into a [`Query`]. Recursion is bounded, so that no query exhausts the stack.

use super::lexer::{Token, TokenKind, tokens};
use super::problem::Problem;
use super::syntax::{
    Comparison, Condition, Expression, Function, Literal, NullsOrder, Operand, OrderItem, Path, Query,
    SelectItem,
};

/// Longest statement (SOQL Reference, "SOQL Limits").
const LONGEST_QUERY_CHARACTERS: usize = 100_000;
/// Longest string literal in a WHERE clause (SOQL Reference, "SOQL Limits").
const LONGEST_LITERAL_CHARACTERS: usize = 4000;
/// Largest OFFSET (SOQL Reference, "OFFSET").
const LARGEST_OFFSET: u64 = 2000;
/// Deepest nesting of parentheses and NOT.
const DEEPEST_NESTING: usize = 100;

/// Words that can be neither object nor field. Others can: there are an object Group and a relationship to it.
const NO_NAMES: &[&str] = &["AND", "FROM", "IN", "LIKE", "NOT", "OR", "SELECT", "WHERE"];

/// Words that begin what may follow a name, and so cannot be its alias.
const RESERVED: &[&str] = &[
    "AND", "ASC", "DESC", "FOR", "FROM", "GROUP", "HAVING", "IN", "LIKE", "LIMIT", "NOT", "NULLS", "OFFSET",
    "OR", "ORDER", "SELECT", "USING", "WHERE", "WITH",
];

const FUNCTIONS: &[(&str, Function)] = &[
    ("COUNT", Function::Count),
    ("COUNT_DISTINCT", Function::CountDistinct),
    ("MIN", Function::Minimum),
    ("MAX", Function::Maximum),
    ("SUM", Function::Sum),
    ("AVG", Function::Average),
];

const COMPARISONS: &[(&str, Comparison)] = &[
    ("=", Comparison::Equal),
    ("!=", Comparison::NotEqual),
    ("<>", Comparison::NotEqual),
    ("<", Comparison::Less),
    ("<=", Comparison::LessOrEqual),
    (">", Comparison::Greater),
    (">=", Comparison::GreaterOrEqual),
];

/// Parses a query.
pub(crate) fn parse(text: &str) -> Result<Query, Problem> {
    if text.chars().count() > LONGEST_QUERY_CHARACTERS {
        return Err(Problem::anywhere(
            "QUERY_TOO_COMPLICATED",
            "Query is either selecting too many fields or the filter conditions are too complicated.",
        ));
    }
    let mut parser = Parser { text, tokens: tokens(text)?, next: 0, depth: 0 };
    let query = parser.query()?;
    match parser.peek().kind {
        TokenKind::End => Ok(query),
        _ => Err(parser.unexpected()),
    }
}

struct Parser<'text> {
    text: &'text str,
    tokens: Vec<Token>,
    next: usize,
    depth: usize,
}

impl Parser<'_> {
    fn query(&mut self) -> Result<Query, Problem> {
        self.expect("SELECT")?;
        let mut select = vec![self.select_item()?];
        while self.take(",") {
            select.push(self.select_item()?);
        }
        self.expect("FROM")?;
        let object_at = self.peek().at;
        let object = self.word()?;
        let alias = self.alias();
        let filter = if self.take("WHERE") { Some(self.condition()?) } else { None };
        let mut group = Vec::new();
        if self.take("GROUP") {
            self.expect("BY")?;
            group.push(self.path()?);
            while self.take(",") {
                group.push(self.path()?);
            }
        }
        let order = if self.take("ORDER") { self.order()? } else { Vec::new() };
        let limit = if self.take("LIMIT") { Some(self.whole_number()?) } else { None };
        let offset = if self.take("OFFSET") { self.whole_number()? } else { 0 };
        if offset > LARGEST_OFFSET {
            let message = format!("Maximum SOQL offset allowed is {LARGEST_OFFSET}");
            return Err(Problem::anywhere("NUMBER_OUTSIDE_VALID_RANGE", message));
        }
        Ok(Query { select, object, object_at, alias, filter, group, order, limit, offset })
    }

    fn select_item(&mut self) -> Result<SelectItem, Problem> {
        let expression = self.expression()?;
        Ok(SelectItem { expression, alias: self.alias() })
    }

    fn expression(&mut self) -> Result<Expression, Problem> {
        let path = self.path()?;
        if !self.take("(") {
            return Ok(Expression::Path(path));
        }
        let function = FUNCTIONS.iter().find(|(name, _)| name.eq_ignore_ascii_case(&path.segments.join(".")));
        let Some((_, function)) = function else {
            return Err(Problem::unexpected(path.at, &path.segments.join(".")));
        };
        if *function == Function::Count && self.take(")") {
            return Ok(Expression::CountRecords);
        }
        let argument = self.path()?;
        self.expect(")")?;
        Ok(Expression::Aggregate(*function, argument))
    }

    fn path(&mut self) -> Result<Path, Problem> {
        let at = self.peek().at;
        let mut segments = vec![self.word()?];
        while self.take(".") {
            segments.push(self.word()?);
        }
        Ok(Path { segments, at })
    }

    fn order(&mut self) -> Result<Vec<OrderItem>, Problem> {
        self.expect("BY")?;
        let mut order = Vec::new();
        loop {
            let expression = self.expression()?;
            let descending = !self.take("ASC") && self.take("DESC");
            let nulls = match self.take("NULLS") {
                true if self.take("LAST") => NullsOrder::Last,
                true => {
                    self.expect("FIRST")?;
                    NullsOrder::First
                }
                // The default for both directions (SOQL Reference, "ORDER BY").
                false => NullsOrder::First,
            };
            order.push(OrderItem { expression, descending, nulls });
            if !self.take(",") {
                return Ok(order);
            }
        }
    }

    /// One term, or terms joined by AND only, or by OR only: SOQL has no precedence between the two.
    fn condition(&mut self) -> Result<Condition, Problem> {
        let first = self.term()?;
        let (joint, join): (_, fn(Vec<Condition>) -> Condition) = if self.is("AND") {
            ("AND", Condition::All)
        } else if self.is("OR") {
            ("OR", Condition::Any)
        } else {
            return Ok(first);
        };
        let mut terms = vec![first];
        while self.take(joint) {
            terms.push(self.term()?);
        }
        if self.is("AND") || self.is("OR") {
            return Err(self.unexpected());
        }
        Ok(join(terms))
    }

    fn term(&mut self) -> Result<Condition, Problem> {
        self.depth += 1;
        if self.depth > DEEPEST_NESTING {
            let message =
                "Query is either selecting too many fields or the filter conditions are too complicated.";
            return Err(Problem::anywhere("QUERY_TOO_COMPLICATED", message));
        }
        let term = if self.take("NOT") {
            Condition::Not(Box::new(self.term()?))
        } else if self.take("(") {
            let inner = self.condition()?;
            self.expect(")")?;
            inner
        } else {
            self.comparison()?
        };
        self.depth -= 1;
        Ok(term)
    }

    fn comparison(&mut self) -> Result<Condition, Problem> {
        let path = self.path()?;
        if self.take("LIKE") {
            return Ok(Condition::Like { path, pattern: self.pattern()? });
        }
        let negated = self.take("NOT");
        if negated && !self.is("IN") {
            return Err(self.unexpected());
        }
        if self.take("IN") {
            return self.members(path, negated);
        }
        let symbol = self.current();
        let comparison =
            COMPARISONS.iter().find(|(name, _)| *name == symbol).map(|(_, comparison)| *comparison);
        let comparison = comparison.ok_or_else(|| self.unexpected())?;
        self.next += 1;
        Ok(Condition::Compare { path, comparison, operand: self.operand()? })
    }

    fn members(&mut self, path: Path, negated: bool) -> Result<Condition, Problem> {
        self.expect("(")?;
        if self.is("SELECT") {
            let query = Box::new(self.query()?);
            self.expect(")")?;
            return Ok(Condition::InQuery { path, negated, query });
        }
        let mut operands = vec![self.operand()?];
        while self.take(",") {
            operands.push(self.operand()?);
        }
        self.expect(")")?;
        Ok(Condition::In { path, negated, operands })
    }

    /// A string with its wildcards' escapes.
    fn pattern(&mut self) -> Result<Operand, Problem> {
        let token = self.peek().clone();
        self.next += 1;
        match token.kind {
            TokenKind::Text(text) => Ok(Operand { literal: Literal::Text(text), at: token.at }),
            _ => Err(Problem::unexpected(token.at, &self.text[token.at..token.end])),
        }
    }

    fn operand(&mut self) -> Result<Operand, Problem> {
        let token = self.peek().clone();
        let written = &self.text[token.at..token.end];
        let literal = match token.kind {
            TokenKind::Text(text) => {
                if text.chars().count() > LONGEST_LITERAL_CHARACTERS {
                    let message =
                        format!("the string literal is longer than {LONGEST_LITERAL_CHARACTERS} characters");
                    return Err(Problem::at(token.at, "MALFORMED_QUERY", message));
                }
                Literal::Text(without_escapes(&text))
            }
            TokenKind::Number(number) => Literal::Number(number),
            TokenKind::Date => Literal::Date(written.to_owned()),
            TokenKind::DateTime => Literal::DateTime(written.to_owned()),
            TokenKind::Word if written.eq_ignore_ascii_case("null") => Literal::Null,
            TokenKind::Word if written.eq_ignore_ascii_case("true") => Literal::Boolean(true),
            TokenKind::Word if written.eq_ignore_ascii_case("false") => Literal::Boolean(false),
            _ => return Err(self.unexpected()),
        };
        self.next += 1;
        Ok(Operand { literal, at: token.at })
    }

    fn whole_number(&mut self) -> Result<u64, Problem> {
        match self.peek().kind {
            TokenKind::Number(number) if number >= 0.0 && number.fract() == 0.0 => {
                self.next += 1;
                Ok(number as u64)
            }
            _ => Err(self.unexpected()),
        }
    }

    fn alias(&mut self) -> Option<String> {
        let is_alias = self.peek().kind == TokenKind::Word && !is_one_of(RESERVED, self.current());
        is_alias.then(|| {
            let alias = self.current().to_owned();
            self.next += 1;
            alias
        })
    }

    fn word(&mut self) -> Result<String, Problem> {
        let word = self.current().to_owned();
        if self.peek().kind != TokenKind::Word || is_one_of(NO_NAMES, &word) {
            return Err(self.unexpected());
        }
        self.next += 1;
        Ok(word)
    }

    fn expect(&mut self, expected: &str) -> Result<(), Problem> {
        if self.take(expected) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn take(&mut self, wanted: &str) -> bool {
        let found = self.is(wanted);
        self.next += usize::from(found);
        found
    }

    fn is(&self, wanted: &str) -> bool {
        matches!(self.peek().kind, TokenKind::Word | TokenKind::Symbol)
            && self.current().eq_ignore_ascii_case(wanted)
    }

    fn current(&self) -> &str {
        let token = self.peek();
        &self.text[token.at..token.end]
    }

    fn peek(&self) -> &Token {
        &self.tokens[self.next.min(self.tokens.len() - 1)]
    }

    fn unexpected(&self) -> Problem {
        let token = self.peek();
        let written = if token.kind == TokenKind::End { "<EOF>" } else { self.current() };
        Problem::unexpected(token.at, written)
    }
}

fn is_one_of(words: &[&str], word: &str) -> bool {
    words.iter().any(|listed| listed.eq_ignore_ascii_case(word))
}

fn without_escapes(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        plain.extend(if character == '\\' { characters.next() } else { Some(character) });
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_queries_are_read() {
        let query = parse(
            "select Id, Profile.UserLicense.Name, MAX(LastLoginDate) newest from User u where (IsActive = true and \
             CompanyName in ('Acme GmbH', 'O\\'Brien \\\\ Co')) or not Name like 'A\\_%' group by Id order by Id desc \
             nulls last, Name limit 10 offset 5",
        )
        .unwrap();
        assert_eq!(query.select.len(), 3);
        assert_eq!(query.select[2].alias.as_deref(), Some("newest"));
        assert_eq!(query.alias.as_deref(), Some("u"));
        assert_eq!((query.limit, query.offset), (Some(10), 5));
        assert_eq!((query.order[0].descending, query.order[0].nulls), (true, NullsOrder::Last));
        let Some(Condition::Any(terms)) = query.filter else { panic!("OR joins the terms") };
        let Condition::All(inner) = &terms[0] else { panic!("AND joins the inner terms") };
        let Condition::In { operands, .. } = &inner[1] else { panic!("an IN list") };
        let Literal::Text(text) = &operands[1].literal else { panic!("a text") };
        assert_eq!(text, "O'Brien \\ Co");
    }

    #[test]
    fn bad_syntax_is_refused_at_its_place() {
        let cases = [
            ("", "'<EOF>'"),
            ("invalid", "'invalid'"),
            ("SELECT FROM User", "'FROM'"),
            ("SELECT Id FROM", "'<EOF>'"),
            ("SELECT Id FROM User WHERE", "'<EOF>'"),
            ("SELECT Id FROM User WHERE Id", "'<EOF>'"),
            ("SELECT Id FROM User WHERE Id = ", "'<EOF>'"),
            ("SELECT Id FROM User WHERE Id IN ()", "')'"),
            ("SELECT Id FROM User WHERE a = 1 AND b = 2 OR c = 3", "'OR'"),
            ("SELECT Id FROM User WHERE a = 1 OR b = 2 AND c = 3", "'AND'"),
            ("SELECT Id FROM User WHERE (a = 1", "'<EOF>'"),
            ("SELECT Id FROM User LIMIT x", "'x'"),
            ("SELECT Id FROM User LIMIT 1.5", "'1.5'"),
            ("SELECT Id FROM User; DROP", "';'"),
            ("SELECT UPPER(Name) FROM User", "'UPPER'"),
        ];
        for (query, token) in cases {
            let problem = parse(query).unwrap_err();
            assert_eq!(problem.code, "MALFORMED_QUERY", "{query}");
            let message = problem.message(query);
            assert!(message.contains(&format!("unexpected token: {token}")), "{query}: {message}");
        }
    }

    #[test]
    fn size_and_depth_are_bounded() {
        let nested = |depth: usize| {
            format!("SELECT Id FROM User WHERE {}Id = null{}", "(".repeat(depth), ")".repeat(depth))
        };
        assert!(parse(&nested(50)).is_ok());
        assert_eq!(parse(&nested(1000)).unwrap_err().code, "QUERY_TOO_COMPLICATED");
        let negated = format!("SELECT Id FROM User WHERE {} Id = null", "NOT ".repeat(5000));
        assert_eq!(parse(&negated).unwrap_err().code, "QUERY_TOO_COMPLICATED");
        let long = format!("SELECT Id FROM User WHERE Name = '{}'", "x".repeat(100_001));
        assert_eq!(parse(&long).unwrap_err().code, "QUERY_TOO_COMPLICATED");
        assert_eq!(parse("SELECT Id FROM User OFFSET 2001").unwrap_err().code, "NUMBER_OUTSIDE_VALID_RANGE");
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(
            text in "(SELECT|FROM|WHERE|IN|LIKE|NOT|'|\\\\|2026-01-31|T00:00|[A-Za-z0-9 .,()=<>!%ü-]){0,40}"
        ) {
            if let Err(problem) = parse(&text) {
                proptest::prop_assert!(!problem.message(&text).is_empty());
            }
        }
    }
}
