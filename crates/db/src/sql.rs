//! Hand-written SQL that is prepared once per connection.
//!
//! Diesel's own `sql_query` is prepared anew each time it runs, which costs a round trip and a plan.
//! A [`Sql`] has one of a few fixed texts, so its prepared statement is kept.

use std::borrow::Cow;
use std::marker::PhantomData;

use diesel::QueryResult;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{HasSqlType, Untyped};

/// A statement whose text holds `$1`, `$2`, ... for the values bound in that order; the first
/// mention of each comes after the first mention of the one before it.
///
/// Rows are read by column name (`QueryableByName`), or, where many are read often, by place (`Queryable`) after
/// [`returning`](Self::returning) has said what they are.
pub struct Sql<'a, Columns = Untyped> {
    text: Cow<'static, str>,
    binds: Vec<Box<dyn QueryFragment<Pg> + Send + 'a>>,
    columns: PhantomData<fn() -> Columns>,
}

/// The statement of `text`. Texts must be few: each is kept prepared on every connection.
pub fn sql<'a>(text: impl Into<Cow<'static, str>>) -> Sql<'a> {
    Sql { text: text.into(), binds: Vec::new(), columns: PhantomData }
}

impl<'a> Sql<'a> {
    /// Binds the next value as a `SqlType`.
    #[must_use]
    pub fn bind<SqlType, Value>(mut self, value: Value) -> Self
    where
        SqlType: Send + 'a,
        Value: ToSql<SqlType, Pg> + Send + 'a,
        Pg: HasSqlType<SqlType>,
    {
        self.binds.push(Box::new(Bound { value, sql_type: PhantomData::<SqlType> }));
        self
    }
}

impl<'a> Sql<'a> {
    /// Adds text.
    pub fn push(&mut self, text: &str) {
        self.text.to_mut().push_str(text);
    }

    /// Adds the parameter of the next value.
    pub fn push_bind<SqlType, Value>(&mut self, value: Value)
    where
        SqlType: Send + 'a,
        Value: ToSql<SqlType, Pg> + Send + 'a,
        Pg: HasSqlType<SqlType>,
    {
        self.binds.push(Box::new(Bound { value, sql_type: PhantomData::<SqlType> }));
        let number = self.binds.len();
        self.push(&format!("${number}"));
    }

    /// The same statement after `prefix`, such as `EXPLAIN `.
    #[must_use]
    pub fn prefixed(mut self, prefix: &str) -> Self {
        self.text = format!("{prefix}{}", self.text).into();
        self
    }

    /// Says what the columns are, a tuple of SQL types in their order: each row is then read by place, without a
    /// search for each column's name.
    #[must_use]
    pub fn returning<Columns>(self) -> Sql<'a, Columns> {
        Sql { text: self.text, binds: self.binds, columns: PhantomData }
    }
}

struct Bound<SqlType, Value> {
    value: Value,
    sql_type: PhantomData<SqlType>,
}

impl<SqlType, Value> QueryFragment<Pg> for Bound<SqlType, Value>
where
    Value: ToSql<SqlType, Pg>,
    Pg: HasSqlType<SqlType>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_bind_param::<SqlType, Value>(&self.value)
    }
}

impl<Columns> QueryFragment<Pg> for Sql<'_, Columns> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let mut unbound = self.binds.iter();
        let mut bound = 0;
        let mut pieces = self.text.split('$');
        out.push_sql(pieces.next().unwrap_or_default());
        for piece in pieces {
            let digits = piece.bytes().take_while(u8::is_ascii_digit).count();
            let (number, rest) = piece.split_at(digits);
            match number.parse::<usize>() {
                Ok(number) if number == bound + 1 => {
                    let bind = unbound.next().ok_or_else(|| misnumbered(number))?;
                    bind.walk_ast(out.reborrow())?;
                    bound = number;
                }
                Ok(number) if number <= bound => {
                    out.push_sql("$");
                    out.push_sql(&piece[..digits]);
                }
                Ok(number) => return Err(misnumbered(number)),
                Err(_not_a_parameter) => {
                    out.push_sql("$");
                    out.push_sql(number);
                }
            }
            out.push_sql(rest);
        }
        if unbound.next().is_some() { Err(misnumbered(bound + 1)) } else { Ok(()) }
    }
}

fn misnumbered(number: usize) -> diesel::result::Error {
    diesel::result::Error::QueryBuilderError(
        format!("parameter ${number} and the bound values disagree").into(),
    )
}

impl<Columns> QueryId for Sql<'_, Columns> {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Columns> Query for Sql<'_, Columns> {
    type SqlType = Columns;
}

impl<Columns> std::fmt::Debug for Sql<'_, Columns> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Sql").field(&self.text).finish()
    }
}

#[cfg(test)]
mod tests {
    use diesel::sql_types::{Integer, Text};

    use super::*;

    fn rendered(statement: &Sql<'_>) -> Result<String, String> {
        let text = diesel::debug_query::<Pg, _>(statement);
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| text.to_string()))
            .map_err(|_panic| "refused".to_owned())
    }

    #[test]
    fn a_parameter_may_be_mentioned_again() {
        let statement = sql("SELECT $1, $2, $1 || '$'").bind::<Text, _>("a").bind::<Integer, _>(2);
        assert!(rendered(&statement).unwrap().starts_with("SELECT $1, $2, $1 || '$'"));
    }

    #[test]
    fn values_and_parameters_must_agree() {
        assert!(rendered(&sql("SELECT $2").bind::<Integer, _>(1)).is_err());
        assert!(rendered(&sql("SELECT $1")).is_err());
        assert!(rendered(&sql("SELECT 1").bind::<Integer, _>(1)).is_err());
    }
}
