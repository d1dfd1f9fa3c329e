//! One field of a partial update.

/// What a partial update does to a field. A field that may be cleared is a `Change<Option<_>>`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Change<T> {
    /// It stays as it is.
    #[default]
    Keep,
    /// It becomes this.
    Set(T),
}

impl<T> Change<T> {
    /// The field after the change, given what it was.
    pub fn over(self, current: T) -> T {
        match self {
            Self::Keep => current,
            Self::Set(value) => value,
        }
    }
}

impl<T> From<Option<T>> for Change<T> {
    /// For a field that cannot be cleared: what is absent stays.
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Keep, Self::Set)
    }
}
