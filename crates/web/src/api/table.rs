//! The table of operations: everything that the API can be asked for.

use axum::http::Method;
use muster_app::list::Format;
use muster_domain::{
    offer::Offer,
    package::Package,
    picture::SHAPES,
    policy,
    record::{Record, Shape},
    requirement::Requirement,
};

use super::{
    advice,
    ask::{Content, Operation},
    disposal, epcis, export, handover, import, ledger, listed, loss, movement, need, observed, opened, plan, quote,
    record, repair, replan, report, returning, schema, sequence, sheet, training, transfer, unit, user, webhook,
};

const JSON: &[&str] = &["application/json"];
const PATCH: &[&str] = &["application/merge-patch+json", "application/json"];

/// All operations, in the order in which they are described.
pub(crate) fn operations() -> Vec<Operation> {
    let tagged = |tag: &'static str, operations: Vec<Operation>| {
        operations.into_iter().map(move |operation| Operation { tag, ..operation })
    };
    let mut all: Vec<Operation> = Vec::new();
    for shape in SHAPES.iter().filter(|shape| shape.part_of.is_none()) {
        all.extend(tagged("records", records(shape)));
    }
    all.extend(tagged("pictures", pictures()));
    all.extend(tagged("plans", plans()));
    all.extend(tagged("movements", movements()));
    all.extend(tagged("transfer", transfer::consignments()));
    all.extend(tagged("transfer", sheet::operations()));
    all.extend(tagged("transfer", transfer::movements()));
    all.extend(tagged("transfer", transfer::variances()));
    all.extend(tagged("transfer", transfer::handovers()));
    all.extend(tagged("transfer", transfer::end_use()));
    all.extend(tagged("transfer", unit::operations()));
    all.extend(tagged("transfer", transfer::third_party()));
    all.extend(tagged("transfer", disposal::operations()));
    all.extend(tagged("transfer", opened::operations()));
    all.extend(tagged("transfer", loss::operations()));
    all.extend(tagged("transfer", returning::operations()));
    all.extend(tagged("repair", repair::operations()));
    all.extend(tagged("repair", quote::operations()));
    all.extend(tagged("repair", sequence::operations()));
    all.extend(tagged("plans", observed::operations()));
    all.extend(tagged("training", training::operations()));
    all.extend(tagged("epcis", epcis::operations()));
    all.extend(tagged("journal", journal()));
    all.extend(tagged("files", files()));
    all.extend(tagged("files", listed::operations()));
    all.extend(tagged("accounts", accounts()));
    all.extend(tagged("webhooks", webhooks()));
    all
}

fn records(shape: &'static Shape) -> Vec<Operation> {
    let all = format!("/records/{}", shape.sheet);
    let one = format!("{all}/{{key}}");
    let (shown, below) = (schema::record(shape), |end: &str| format!("{one}/{end}"));
    let body = |media_types, schema| Content::Object(media_types, schema);
    let mut operations = vec![
        Operation::get(&all, "list", record::list_schema(shape), record::list).query(record::listing(shape)).anyone(),
        Operation::write(
            Method::POST,
            &all,
            "create",
            body(JSON, schema::written(shape)),
            shown.clone(),
            record::create,
        )
        .query(vec![why()])
        .makes(201)
        .etag(),
        Operation::get(&one, "show", shown.clone(), record::show).etag().anyone(),
        Operation::write(
            Method::PUT,
            &one,
            "replace",
            body(JSON, schema::replaced(shape)),
            shown.clone(),
            record::replace,
        )
        .query(vec![why()])
        .conditional(),
        Operation::write(
            Method::PATCH,
            &one,
            "change",
            body(PATCH, schema::patched(shape)),
            shown.clone(),
            record::patch,
        )
        .query(vec![why()])
        .conditional(),
        Operation::get(below("access"), "access", record::access_schema(), record::access).anyone(),
        Operation::get(below("history"), "history", record::history_schema(), record::history).anyone(),
    ];
    if !policy::states(shape.sheet).is_empty() {
        let fields = Content::Fields(record::state_fields(shape));
        operations
            .push(Operation::write(Method::POST, below("state"), "state", fields, shown, record::state).conditional());
    }
    if [Requirement::SHEET, Package::SHEET].contains(&shape.sheet) {
        let (merge, split) = (Content::Fields(need::merge_fields()), Content::Fields(need::split_fields()));
        let shown = || schema::record(shape);
        operations.extend([
            Operation::write(Method::POST, below("merge"), "merge", merge, shown(), need::merge).conditional(),
            Operation::write(Method::POST, below("split"), "split", split, shown(), need::split).conditional(),
        ]);
    }
    if [Offer::SHEET, Requirement::SHEET, Package::SHEET].contains(&shape.sheet) {
        operations.push(Operation::get(below("fits"), "fits", record::fits_schema(), record::fits).anyone());
        operations.push(Operation::get(below("met"), "met", record::met_schema(), record::met).anyone());
    }
    if shape.sheet == Offer::SHEET {
        operations
            .push(Operation::get(below("progress"), "progress", record::progress_schema(), record::progress).anyone());
    }
    operations.into_iter().map(|operation| operation.of(shape)).collect()
}

/// Why a record is made or changed; it stands in the query, since the body is the record.
fn why() -> super::given::Field {
    super::given::may("reason", super::given::Kind::Text(500))
}

fn pictures() -> Vec<Operation> {
    vec![
        Operation::get("/overview", "overview", report::overview_schema(), report::overview)
            .query(report::dates().into())
            .anyone(),
        Operation::get("/report", "report", report::report_schema(), report::report)
            .query(report::report_fields())
            .anyone(),
        Operation::get("/search", "search", report::search_schema(), report::search)
            .query(report::search_fields())
            .anyone(),
    ]
}

fn plans() -> Vec<Operation> {
    let deed = || Content::Fields(vec![super::given::reason()]);
    let jobs = schema::object([("jobs", schema::list(plan::job_schema()))]);
    vec![
        Operation::get("/plans", "list-plans", plan::list_schema(), plan::list),
        Operation::write(
            Method::POST,
            "/plans",
            "run-plan",
            Content::Fields(plan::run_fields()),
            plan::job_schema(),
            plan::run,
        )
        .makes(202),
        Operation::get("/plan-jobs", "list-plan-jobs", jobs, plan::jobs),
        Operation::get("/plan-jobs/{job}", "show-plan-job", plan::job_schema(), plan::job),
        Operation::deed(Method::DELETE, "/plan-jobs/{job}", "cancel-plan-job", Content::None, plan::cancel),
        Operation::get("/plans/{plan}", "show-plan", plan::plan_schema(), plan::show),
        Operation::get("/plans/{plan}/deliveries", "list-plan-deliveries", plan::deliveries_schema(), plan::deliveries)
            .query(record::paging().into()),
        Operation::get(
            "/plans/{plan}/differences",
            "list-plan-differences",
            replan::differences_schema(),
            replan::differences,
        )
        .query(record::paging().into()),
        Operation::get("/plans/{plan}/needs", "list-plan-needs", advice::needs_schema(), advice::needs),
        Operation::get("/plans/{plan}/asks", "list-plan-asks", advice::asks_schema(), advice::asks),
        Operation::get(
            "/plans/{plan}/robustness",
            "show-plan-robustness",
            advice::robustness_schema(),
            advice::robustness,
        )
        .query(advice::rates()),
        Operation::write(
            Method::POST,
            "/plans/{plan}/what-if",
            "ask-what-if",
            Content::Object(JSON, advice::question_schema()),
            plan::job_schema(),
            advice::what_if,
        )
        .makes(202),
        Operation::write(
            Method::POST,
            "/plans/{plan}/accept",
            "accept-plan",
            deed(),
            plan::accepted_schema(),
            plan::accept,
        ),
        Operation::deed(Method::POST, "/plans/{plan}/discard", "discard-plan", deed(), plan::discard),
    ]
}

fn movements() -> Vec<Operation> {
    let write = |path, name, fields, gives| (path, name, Content::Fields(fields), gives);
    let step = |path, name| write(path, name, movement::move_fields(), movement::moved_schema());
    let (path, name, body, gives) = step("/movements/dispatch", "dispatch");
    let dispatch = Operation::write(Method::POST, path, name, body, gives, movement::dispatch);
    let (path, name, body, gives) = step("/movements/receive", "receive");
    let receive = Operation::write(Method::POST, path, name, body, gives, movement::receive);
    let (path, name, body, gives) =
        write("/movements/void", "void", movement::void_fields(), movement::voided_schema());
    let void = Operation::write(Method::POST, path, name, body, gives, movement::void);
    let (path, name, body, gives) = write("/payments", "pay", movement::pay_fields(), movement::paid_schema());
    let pay = Operation::write(Method::POST, path, name, body, gives, movement::pay);
    let open = Operation::get("/movements", "list-open-steps", movement::open_schema(), movement::open);
    vec![open.query(movement::open_fields()), dispatch, receive, void, pay]
}

fn journal() -> Vec<Operation> {
    vec![
        Operation::get("/journal", "list-entries", ledger::journal_schema(), ledger::journal)
            .query(ledger::journal_fields()),
        Operation::get("/ledger/accounts", "list-balances", ledger::accounts_schema(), ledger::accounts)
            .query(ledger::accounts_fields()),
        Operation::get(
            "/ledger/accounts/{account}/statement",
            "statement",
            ledger::statement_schema(),
            ledger::statement,
        )
        .query(ledger::statement_fields()),
        Operation::write(
            Method::POST,
            "/verifications",
            "verify",
            Content::None,
            ledger::verification_schema(),
            ledger::verify,
        )
        .looks()
        .makes(202),
        Operation::get(
            "/verifications/{verification}",
            "show-verification",
            ledger::verification_schema(),
            ledger::verification,
        ),
    ]
}

fn files() -> Vec<Operation> {
    let whole = export::media_types(&[Format::Xlsx, Format::Json]);
    let one = |shape: &'static Shape| {
        Operation::get(format!("/export/{}", shape.sheet), "export", schema::text(), export::export)
            .query(export::sheet_fields(shape))
            .file(export::media_types(&Format::ALL))
            .anyone()
            .of(shape)
    };
    let mut operations = vec![
        Operation::write(Method::POST, "/imports", "begin-import", Content::Files, import::schema(), import::begin)
            .query(import::fields())
            .makes(202),
        Operation::get("/imports/{job}", "show-import", import::schema(), import::show),
        Operation::get("/export", "export-all", schema::text(), export::export)
            .query(export::whole_fields())
            .file(whole.clone())
            .anyone(),
        Operation::get("/registers", "export-registers", schema::text(), export::registers)
            .query(export::whole_fields())
            .file(whole),
        Operation::get("/registers/{register}", "export-register", schema::text(), export::register)
            .query(export::register_fields())
            .file(export::media_types(&Format::ALL)),
    ];
    operations.extend(SHAPES.iter().filter(|shape| shape.part_of.is_none()).map(one));
    operations
}

fn accounts() -> Vec<Operation> {
    let fields = |fields| Content::Fields(fields);
    vec![
        Operation::get("/me", "me", user::me_schema(), user::me),
        Operation::deed(
            Method::POST,
            "/me/password",
            "change-password",
            fields(user::password_fields()),
            user::password,
        ),
        Operation::deed(Method::POST, "/me/sign-out", "sign-out", Content::None, user::sign_out),
        Operation::get("/me/tokens", "list-tokens", user::tokens_schema(), user::tokens),
        Operation::write(
            Method::POST,
            "/me/tokens",
            "grant-token",
            fields(user::grant_fields()),
            user::granted_schema(),
            user::grant,
        )
        .makes(201),
        Operation::write(
            Method::DELETE,
            "/me/tokens/{token}",
            "revoke-token",
            Content::None,
            handover::revoked_schema(),
            user::revoke,
        ),
        Operation::get("/users", "list-users", user::list_schema(), user::list).query(user::list_fields()),
        Operation::write(
            Method::POST,
            "/users",
            "create-user",
            fields(user::create_fields()),
            user::secret_schema(),
            user::create,
        )
        .makes(201),
        Operation::get("/users/{user}", "show-user", user::account_schema(), user::show).etag(),
        Operation::write(
            Method::PUT,
            "/users/{user}",
            "change-user",
            fields(user::change_fields()),
            user::account_schema(),
            user::change,
        )
        .conditional(),
        Operation::write(
            Method::POST,
            "/users/{user}/password",
            "reset-password",
            Content::None,
            user::secret_schema(),
            user::reset,
        ),
        Operation::deed(Method::POST, "/users/{user}/sign-out", "sign-user-out", Content::None, user::sign_out),
        Operation::get("/users/{user}/tokens", "list-user-tokens", user::tokens_schema(), user::tokens),
        Operation::write(
            Method::DELETE,
            "/users/{user}/tokens/{token}",
            "revoke-user-token",
            Content::None,
            handover::revoked_schema(),
            user::revoke,
        ),
    ]
}

fn webhooks() -> Vec<Operation> {
    vec![
        Operation::get("/webhooks", "list-webhooks", webhook::list_schema(), webhook::list),
        Operation::write(
            Method::POST,
            "/webhooks",
            "create-webhook",
            Content::Fields(webhook::create_fields()),
            webhook::created_schema(),
            webhook::create,
        )
        .makes(201),
        Operation::get("/webhooks/{webhook}", "show-webhook", webhook::schema(), webhook::show),
        Operation::deed(Method::DELETE, "/webhooks/{webhook}", "remove-webhook", Content::None, webhook::remove),
        Operation::get(
            "/webhooks/{webhook}/deliveries",
            "list-deliveries",
            webhook::deliveries_schema(),
            webhook::deliveries,
        )
        .query(webhook::deliveries_fields()),
    ]
}
