//! Records: a noun's fields, named once, for files, database and history alike.

use crate::{
    fault::Faults,
    field::{Field, Reference, Scalar},
    label::Usual,
    message,
    message::Message,
};

/// One column of a sheet.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its name, in files and in the database.
    pub name: &'static str,
    /// Whether an empty cell is a fault.
    pub required: bool,
    /// Whether the database keeps whole numbers in it.
    pub integer: bool,
    /// Whether it may hold a number with decimal places.
    pub decimal: bool,
    /// The sheet whose codes it holds.
    pub refers_to: fn() -> Option<&'static str>,
    /// Whether it holds a list, with `|` between its entries.
    pub list: bool,
    /// What a right value looks like, to stand after "must be".
    pub expected: fn() -> Message,
    /// The words of which it holds one, or several in a list, if only some will do.
    pub words: fn() -> &'static [&'static str],
}

impl Column {
    /// The column `name` holding values of type `F`.
    pub const fn of<F: Field>(name: &'static str) -> Self {
        Self {
            name,
            required: F::REQUIRED,
            integer: F::INTEGER,
            decimal: F::DECIMAL,
            refers_to: F::refers_to,
            list: F::LIST,
            expected: F::expected,
            words: F::words,
        }
    }
}

/// The shape of a sheet.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Name of the sheet, the file and the table.
    pub sheet: &'static str,
    /// Columns in their usual order; `releasable_to`, `source` and `fictional` come last.
    pub columns: &'static [Column],
    /// Columns that together name a record.
    pub key: &'static [&'static str],
    /// The sheet whose records these are parts of; their code stands in the first key column.
    pub part_of: Option<&'static str>,
    /// The column that names the party that owns a record; `None`: the mission, or whoever owns what it is part of.
    pub owner: Option<&'static str>,
    /// To whom a record is released unless its label says otherwise; `None` for parts, which have no label of their own.
    pub usual: Option<Usual>,
}

impl Shape {
    /// Where a column stands in a row.
    pub fn at(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|c| c.name == column)
    }

    /// The text of a column in a row; empty if there is none.
    pub fn cell<'a>(&self, cells: &'a [String], column: &str) -> &'a str {
        self.at(column).and_then(|n| cells.get(n)).map_or("", String::as_str)
    }
}

/// A row of text cells, read column by column; faults are collected, not thrown.
pub struct Cells<'a, 'f> {
    cell: &'a dyn Fn(&str) -> &'a str,
    faults: &'a mut Faults<'f>,
}

impl<'a, 'f> Cells<'a, 'f> {
    /// `cell` gives the text of a column, trimmed, and the empty text where there is none.
    pub fn new(cell: &'a dyn Fn(&str) -> &'a str, faults: &'a mut Faults<'f>) -> Self {
        Self { cell, faults }
    }

    /// The value of a column; `None` and a fault if it is wrong.
    pub fn take<F: Field>(&mut self, column: &'static str) -> Option<F> {
        let text = (self.cell)(column);
        if text.is_empty() {
            let empty = F::empty();
            self.faults.require(empty.is_some(), column, "", message!("empty-must-be", right = F::expected()));
            return empty;
        }
        F::parse(text).map_err(|right| self.faults.column(column, text, message!("must-be", right))).ok()
    }
}

/// A noun's record. Implemented by [`record!`](crate::record!) and, for its rules, by hand.
pub trait Record: Rules + Clone + PartialEq + Sized {
    /// Its sheet's name, columns and key.
    const SHAPE: Shape;
    /// Its sheet's name.
    const SHEET: &'static str = Self::SHAPE.sheet;

    /// What names it: its code, or the key columns joined with a space.
    fn key(&self) -> String;

    /// Reads a row of text. `None` when any cell is wrong; all wrong cells are reported.
    fn read(cells: &mut Cells<'_, '_>) -> Option<Self>;

    /// The row as text, in the order of the columns.
    fn cells(&self) -> Vec<String>;

    /// The row as the database keeps it, in the order of the columns.
    fn scalars(&self) -> Vec<Scalar>;

    /// Reads what the database kept.
    ///
    /// # Errors
    /// The column and what would be right, for logs.
    fn from_scalars(scalars: &[Scalar]) -> Result<Self, String>;

    /// The records it names, each with the column that names it.
    fn references(&self) -> Vec<(&'static str, Reference<'_>)>;
}

/// What must hold within one record, beyond the type of each field.
pub trait Rules {
    /// Reports what does not hold.
    fn rules(&self, faults: &mut Faults<'_>);
}

/// For tests: a record of cells by column, the others empty.
#[cfg(test)]
pub(crate) fn of_cells<R: Record>(cells: &[(&str, &str)]) -> R {
    let cell = |name: &str| cells.iter().find(|(n, _)| *n == name).map_or("", |(_, text)| *text);
    let mut found = Vec::new();
    let mut faults = Faults::of(R::SHEET, "test", &mut found);
    R::read(&mut Cells::new(&cell, &mut faults)).unwrap_or_else(|| panic!("{found:?}"))
}

/// Defines a record: a struct with its fields and, at its end, its label (`releasable_to`, unless it is a part of another record) and
/// its provenance (`source`, `fictional`). `owned by` names the column of the party that owns it, none for what is the mission's;
/// `usually` says to whom it is released unless its label says otherwise.
#[macro_export]
macro_rules! record {
    ($(#[$meta:meta])* pub struct $name:ident in $sheet:literal by ($($key:ident),+) part of $parent:literal {
        $($(#[$fmeta:meta])* $field:ident: $type:ty,)+
    }) => {
        $crate::record! { @define $(#[$meta])* $name, $sheet, ($($key),+), ($parent), (), (), {
            $($(#[$fmeta])* $field: $type,)+
            /// Where the fact was published; required for what is real.
            source: String,
            /// Whether the record is made up.
            fictional: bool,
        } }
    };
    ($(#[$meta:meta])* pub struct $name:ident in $sheet:literal by ($($key:ident),+) owned by ($($owner:ident)?) usually $release:ident {
        $($(#[$fmeta:meta])* $field:ident: $type:ty,)+
    }) => {
        $crate::record! { @define $(#[$meta])* $name, $sheet, ($($key),+), (), ($($owner)?), ($release), {
            $($(#[$fmeta])* $field: $type,)+
            /// To whom it is released.
            releasable_to: $crate::label::Release,
            /// Where the fact was published; required for what is real.
            source: String,
            /// Whether the record is made up.
            fictional: bool,
        } }
    };
    (@define $(#[$meta:meta])* $name:ident, $sheet:literal, ($($key:ident),+), ($($parent:literal)?), ($($owner:ident)?), ($($release:ident)?), {
        $($(#[$fmeta:meta])* $field:ident: $type:ty,)+
    }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name { $($(#[$fmeta])* pub $field: $type,)+ }

        impl $crate::record::Record for $name {
            const SHAPE: $crate::record::Shape = $crate::record::Shape {
                sheet: $sheet,
                columns: &[$($crate::record::Column::of::<$type>(stringify!($field)),)+],
                key: &[$(stringify!($key)),+],
                part_of: { let parent: &[&str] = &[$($parent)?]; if parent.is_empty() { None } else { Some(parent[0]) } },
                owner: { let owner: &[&str] = &[$(stringify!($owner))?]; if owner.is_empty() { None } else { Some(owner[0]) } },
                usual: $crate::record!(@usual $($release)?),
            };

            fn key(&self) -> String {
                [$($crate::field::Field::text(&self.$key)),+].join(" ")
            }

            fn read(cells: &mut $crate::record::Cells<'_, '_>) -> Option<Self> {
                $(let $field = cells.take::<$type>(stringify!($field));)+
                Some(Self { $($field: $field?,)+ })
            }

            fn cells(&self) -> Vec<String> {
                vec![$($crate::field::Field::text(&self.$field)),+]
            }

            fn scalars(&self) -> Vec<$crate::field::Scalar> {
                vec![$($crate::field::Field::scalar(&self.$field)),+]
            }

            fn from_scalars(scalars: &[$crate::field::Scalar]) -> Result<Self, String> {
                let mut scalars = scalars.iter();
                Ok(Self { $($field: {
                    let scalar = scalars.next().ok_or_else(|| concat!($sheet, ": no column ", stringify!($field)).to_owned())?;
                    $crate::field::Field::from_scalar(scalar)
                        .map_err(|right| format!(concat!($sheet, ".", stringify!($field), ": {}"), right))?
                },)+ })
            }

            fn references(&self) -> Vec<(&'static str, $crate::field::Reference<'_>)> {
                let mut found = Vec::new();
                $(found.extend($crate::field::Field::references(&self.$field).into_iter().map(|r| (stringify!($field), r)));)+
                found
            }
        }
    };
    (@usual) => { None };
    (@usual $release:ident) => { Some($crate::label::Usual::$release) };
}
