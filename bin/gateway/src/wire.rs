//! Wire types that several resources share. A view is what we show, a body what we are sent.

use std::fmt;
use std::marker::PhantomData;

use kernel::{Currency, CursorKey, FieldError, Invalid, InvalidCode, Limit, Money, Page, Quantity};
use paperclip::actix::Apiv2Schema;
use paperclip::v2::models::DefaultSchemaRaw;
use paperclip::v2::schema;
use serde::de::{DeserializeOwned, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::Problem;
use crate::extract::NULLABLE;

/// An amount of money.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Apiv2Schema)]
pub struct MoneyView {
    /// In minor units: cents.
    pub amount: i64,
    /// ISO 4217. One of `USD`.
    pub currency: String,
}

impl From<Money> for MoneyView {
    fn from(money: Money) -> Self {
        Self { amount: money.amount, currency: money.currency.code().to_owned() }
    }
}

/// An amount of money.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, Apiv2Schema)]
#[serde(deny_unknown_fields)]
pub struct MoneyBody {
    /// In minor units: cents, 1 to 100,000,000.
    pub amount: i64,
    /// ISO 4217. One of `USD`.
    pub currency: String,
}

impl MoneyBody {
    /// The amount, if the platform trades in its currency; refusals name `<field>/currency`. What amounts make sense
    /// is the domain's to say.
    pub fn read(&self, field: &str) -> Result<Money, Invalid> {
        let unknown =
            || FieldError::new(InvalidCode::Unknown, "is not a currency that the platform trades in");
        let currency = Currency::from_code(&self.currency).ok_or_else(unknown);
        currency
            .map(|currency| Money::new(self.amount, currency))
            .map_err(|error| error.at(&format!("{field}/currency")))
    }
}

/// A quantity on the wire: a decimal string such as `"0.75"`.
#[must_use]
pub fn quantity_text(quantity: Quantity) -> String {
    quantity.to_string()
}

/// A field of a partial update that may be cleared. Declare it `#[serde(default)]`, and its doc comment `(nullable)`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Patch<T> {
    /// It was not sent: it stays as it is.
    #[default]
    Keep,
    /// `null`: it is cleared.
    Clear,
    /// It becomes this.
    Set(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Patch<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(NULLABLE, PatchVisitor(PhantomData))
    }
}

struct PatchVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for PatchVisitor<T> {
    type Value = Patch<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value or null")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Patch<T>, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Patch::Clear, Patch::Set))
    }
}

impl<T: schema::Apiv2Schema> schema::Apiv2Schema for Patch<T> {
    fn name() -> Option<String> {
        T::name()
    }

    fn required() -> bool {
        false
    }

    fn raw_schema() -> DefaultSchemaRaw {
        T::raw_schema()
    }
}

impl<T> From<Patch<T>> for accounts::Change<Option<T>> {
    fn from(patch: Patch<T>) -> Self {
        match patch {
            Patch::Keep => Self::Keep,
            Patch::Clear => Self::Set(None),
            Patch::Set(value) => Self::Set(Some(value)),
        }
    }
}

/// A page of a list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Apiv2Schema)]
pub struct PageView<T> {
    /// The items, in order.
    pub items: Vec<T>,
    /// Send it as `cursor` to get the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// Where in a list a request goes on, bound to the list's name, filters and sort.
#[derive(Clone, Debug)]
pub struct Paging<'a, K> {
    keys: &'a CursorKey,
    scope: String,
    /// How many items.
    pub limit: Limit,
    /// The sort key of the last item before the page; none for the first page.
    pub after: Option<K>,
}

impl<'a, K: Serialize + DeserializeOwned> Paging<'a, K> {
    /// Reads `limit` and `cursor` of a list's parameters. `list` names the list for this caller, such as `plants` or
    /// `orders of user:...`; every other member of `params` (filters and sort) binds the cursor too.
    pub fn read(keys: &'a CursorKey, list: &str, params: &impl Serialize) -> Result<Self, Problem> {
        let mut params = serde_json::to_value(params).map_err(|error| Problem::internal(&error))?;
        let (limit, cursor) = match params.as_object_mut() {
            Some(members) => (members.remove("limit"), members.remove("cursor")),
            None => (None, None),
        };
        let limit = Limit::parse(limit.as_ref().and_then(Value::as_i64))
            .map_err(|error| Problem::in_query(error.at("limit")))?;
        let scope = format!("{list}?{params}");
        let cursor = cursor.as_ref().and_then(Value::as_str);
        let after = cursor.map(|cursor| keys.open(&scope, cursor)).transpose()?;
        Ok(Self { keys, scope, limit, after })
    }

    /// The page as it is shown, with the cursor of the next.
    pub fn view<T, V>(&self, page: Page<T, K>, view: impl FnMut(T) -> V) -> Result<PageView<V>, Problem> {
        let next_cursor = page.next.as_ref().map(|key| self.keys.seal(&self.scope, key)).transpose()?;
        Ok(PageView { items: page.items.into_iter().map(view).collect(), next_cursor })
    }
}
