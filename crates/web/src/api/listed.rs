//! The lists of transfer as files: each by the same fields as the list itself, with all of its rows.

use muster_app::{list::Format, listed::Listing};

use super::{
    answer::{Answer, Failure},
    ask::Operation,
    call::Call,
    consignment, conveyed, disposal, end_use,
    export::media_types,
    given::{Field, must, words},
    loss, movement, schema, third_party, variance,
};
use crate::{problem::Kind as Problem, text::say};

pub(crate) fn operations() -> Vec<Operation> {
    let one = |list: &str, name, fields: Vec<Field>| {
        // A file has no pages.
        let fields = fields.into_iter().filter(|field| !["limit", "cursor"].contains(&field.name));
        let format = must("format", words(Format::ALL.map(Format::ending)));
        Operation::get(format!("/lists/{list}"), name, schema::text(), export)
            .query(std::iter::once(format).chain(fields).collect())
            .file(media_types(&Format::ALL))
    };
    vec![
        one("consignments", "file-of-consignments", consignment::list_fields()),
        one("steps", "file-of-steps", movement::open_fields()),
        one("movement_legs", "file-of-legs", conveyed::list_fields()),
        one("variances", "file-of-variances", variance::list_fields()),
        one("losses", "file-of-losses", loss::list_fields()),
        one("end_use", "file-of-end-use", end_use::list_fields()),
        one("end_use_checks", "file-of-end-use-checks", end_use::list_fields()),
        one("third_party_transfers", "file-of-third-party-transfers", third_party::list_fields()),
        one("disposals", "file-of-disposals", disposal::list_fields()),
    ]
}

fn listing(call: &Call) -> Result<Listing, Failure> {
    Ok(match call.operation.name {
        "file-of-consignments" => match call.query.maybe("contains") {
            Some(name) => Listing::Containing(name, consignment::filter(call)),
            None => Listing::Consignments(consignment::filter(call)),
        },
        "file-of-steps" => {
            let (filter, before) = movement::filter(call);
            Listing::Steps(filter, before)
        }
        "file-of-legs" => Listing::Legs(conveyed::filter(call)),
        "file-of-variances" => Listing::Variances(variance::filter(call)),
        "file-of-losses" => Listing::Losses(loss::filter(call)?),
        "file-of-end-use" => {
            let (as_of, filter) = end_use::filter(call);
            Listing::EndUse(as_of, filter)
        }
        "file-of-end-use-checks" => {
            let (as_of, filter) = end_use::filter(call);
            Listing::EndUseChecks(as_of, filter)
        }
        "file-of-third-party-transfers" => Listing::ThirdParty(third_party::filter(call)),
        "file-of-disposals" => Listing::Disposals(disposal::filter(call)?),
        _ => return Err(Failure::new(Problem::NotFound)),
    })
}

async fn export(call: Call) -> Result<Answer, Failure> {
    let format = Format::of(call.query.text("format")).unwrap_or(Format::Json);
    let listing = listing(&call)?;
    let bytes = call.site.app.export_list(&listing, format, &call.actor_for(&say("api-reason-export"))).await?;
    Ok(Answer::file(format.media_type(), format!("{}.{}", listing.name(), format.ending()), bytes))
}
