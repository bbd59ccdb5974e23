# What is wrong, and what would be right: the words for every message of the crates below. A rule gives its message as a key with values,
# where it stands; `cargo xtask tidy` sees to it that each key has words here with exactly its values.
#
# What stands after a column and its value begins in the middle of a sentence. No full stop at the end.

## What a right value looks like, to stand after "must be"
a-pin = 6 to 12 digits
a-public-key = an Ed25519 public key of 32 bytes, in base 64
a-passkey-public-key = an ES256 public key (a SubjectPublicKeyInfo of P-256), in base 64
a-credential = a credential’s name of 1 to { $most } bytes, in base 64 for addresses
a-host-name = a host’s name like muster.example, in lower case
in-base-64 = in base 64, at most { $most } characters
a-calendar-date = a date like 20260907 or a time like 20260907T083000
a-calendar-duration = a stretch of time like P1D or PT8H
a-code = a code: 1 to { $most } letters, digits and . _ / -
a-code-from = a code from { $sheet }
a-country = an ISO 3166 alpha-3 country code like JPN
a-currency = an ISO 4217 currency code like EUR
a-date = a date like 2026-09-07
a-partial-date = a date like 2026-09-07, 2026-09 or 2026
a-company-prefix = a company prefix of 4 to 12 digits and an extension digit
a-giai = an individual asset identifier (GIAI): a company’s prefix and its own reference, at most 30 characters
a-gln = a location number (GLN) of 13 digits with a right check digit
a-grai = a returnable asset identifier (GRAI): 0, 13 digits with a right check digit, and at most 16 characters
a-gtin = a trade item number (GTIN) of 8, 12, 13 or 14 digits with a right check digit
an-epc-pattern = a pattern of EPCs like urn:epc:idpat:sgtin:4012345.*.*, of which only the last parts are *; there are no ranges in it
an-epc-urn = an EPC like urn:epc:id:sscc:4012345.3311111111 of a known scheme
an-ncage = an NCAGE of 5 digits and capital letters like 81205 or D1234
an-sscc = a shipping container code (SSCC) of 18 digits with a right check digit
at-most-digits = at most { $most } digits
a-decimal = a number like 12.5 with at most { $places } decimal places
a-number-below = a number below { $most }
a-whole-number = a whole number from { $least } to { $most }
any-whole-number = a whole number
a-label = owner, participants, public, or party codes separated by |
a-list = a list, separated by |, each { $each }
a-list-of-at-most = a list of at most { $most }
a-locode = a UN/LOCODE of 5 characters like JPYOK
a-password = { $least } to { $most } characters, at least { $different } of them different, without the account’s name
a-stock-number = a NATO stock number of 13 digits like 2320-01-234-5678
a-un-number = a UN number of 4 digits
a-text = text of at most { $most } characters
some-text = text of 1 to { $most } characters
at-most-characters = at most { $most } characters
text-without-control = text without control characters
an-account = purpose, holder, owner, place, via, resource and caveats with spaces between, and - for none
one-of = one of { $words }
stated = { $right }, or words that say what is known
yes-or-no = yes or no

## Values
must-be = must be { $right }
empty-must-be = is empty, must be { $right }
above-zero = must be above 0
not-negative = must not be negative
one-or-more = must be 1 or more
at-most = must be at most { $most }
from-to = must be from { $least } to { $most }
degrees = must be from { $least } to { $most } degrees
a-share = must be above 0 and at most 1

## Records
after-due = must be after the due date
another-item = must be another item
another-party = must be another party
another-place = must be another place than it starts from
another-resource = must be another resource than the input
another-state = must be another state than that of the item’s other resources
caveat-of = must be a caveat of { $party }
code-of-package = must not be the code of a package too
currency-of-converted-missing = is empty, must be the currency of the converted value
currency-of-value-missing = is empty, must be the currency of the value
declared-first = must be declared in step 1 and only there
fund-in = must be a fund in { $currency }, as the offer is
fund-missing = is empty, must be the fund that the contribution is for
goods-in-whole-numbers = must be a whole number for goods
goods-or-people-for = must be goods or people, since the offer is { $kind }
mass-missing = is empty, must be a mass in kilograms unless the item is money
money-by-quantity = must be quantity for money
money-for = must be money, since the offer is { $kind }
money-in-currency = must be an ISO 4217 currency code for money
nation-by-its-code = must be the nation’s own ISO 3166 alpha-3 code, and so must its code
need-reason-missing = is empty, must say why the need was withdrawn or superseded
not-before-first-day = must not be before the first day
not-before-step-before = must not be before the step before
not-money = must be goods or people, not money
offer-reason-missing = is empty, must say why the offer is held, rejected or cancelled
one-mission = there must be exactly one mission, there are { $count }
fleet-of-one = must name at least two
end-use-rule-without-serial = must be an item that is tracked by serial number: nothing else can be told apart when it is checked
for-goods-only = is for goods only
timetable-in-part = must be there if and only if departs_on is: a timetable is a day and the days from one to the next
trip-size-missing = needs trip_t or trip_m3: what a trip takes
wish-in-part = must be there if and only if wish_purpose is
package-of-few = must have at least two rows in package_components
parent-leads-back = must not lead back to the party itself
participation-without-step = has no step, must have at least `declared`
place-of-goods-missing = is empty, must be the place where the goods wait
purpose-missing = is empty, must be a purpose for materiel
quantity-exact = must have at most { $places } decimal places and be within 64 bits
rate-source-missing = is empty, must say where the rate comes from
requirement-accepts-none = accepts no resource, must have at least one row in requirement_accepts
resource-in-state = must be a resource in state { $state }
scope-missing = is empty, must name at least one of { $words }
source-missing = is empty, must say where the fact was published, since the record is not fictional
state-may-follow = must be a state that may follow { $state }
state-of-kind = must be a state of { $kind }, which its item is
step-follows = must follow the step before without a gap
tracking-in-use = cannot change while { $held } units are in the books: they are told apart by { $before }
waiting-is-now = what waits for you is what waits now: leave out as_of and known
hazard-class-known = must be a class or division of dangerous goods, such as 3, 2.1 or 1.4S
with-un-number = must be empty where there is no UN number
explosives-without-packing-group = must be empty, since explosives have no packing group
of-explosives-only = must be empty, since only goods of class 1 have one
not-more-than-mass = must not be more than the mass of one unit
document-not-declared = { $consignment } crosses no border on its way from here as the goods of a force: no customs declaration of a force is made out
document-nothing-left = nothing is left in { $consignment }: there is nothing to print
document-nothing-kept = nothing in { $consignment } is a force’s own and stays so: no customs declaration of a force is made out
document-nothing-given = nothing in { $consignment } is given: the title to all of it stays where it is
document-of-which-donor = of which donor? In { $consignment } goods are given by { $donors }: one certificate each
supply-class-missing = is empty, must be I, II, III, IV or V for materiel
value-date-missing = is empty, must be the date of the valuation
value-method-missing = is empty, must say how the value was found

## Needs that are merged or split
need-exists = there is a need { $need } already
merge-none-named = name at least one other need to merge
need-not-superseded = { $need } is { $state } and can no longer be superseded
need-over = { $need } is { $state } and can no longer be changed
need-quantity = the quantity must be 1 or more
split-quantity = the quantity split off must be 1 to { $most }
need-unlike = { $other } does not ask for the same as { $need }: unit, purpose and goods must be alike

## Who may do what
nobody-may = nobody may { $deed }
only-these-may = only these may { $deed }: { $who }
role = { $role }
role-of-party = { $role } of the party concerned
deed-accept = accept or discard plans
deed-administer = administer
deed-attach = keep photographs and papers
deed-audit = look at the whole journal
deed-consent = say whether what a nation gave may go to others
deed-create = create { $sheet }
deed-create-in = create { $sheet } that are `{ $state }`
deed-edit = edit { $sheet }
deed-move = record what moves
deed-override = open a gate
deed-resolve = resolve a variance
deed-report = report what is broken or lost
deed-triage = decide where and whether something is repaired
deed-repair = work on what is to be repaired
deed-pay = record payments
deed-plan = make plans
deed-release = change to whom { $sheet } are released
deed-transition = take { $sheet } to another state
deed-transition-to = take { $sheet } to `{ $state }`

## Why the ledger refuses
ledger-actor-length = the actor must have 1 to { $most } characters
ledger-already-corrected = entry { $entry } is already corrected
ledger-at-most-postings = an entry has at most { $most } postings
ledger-in-future = it cannot have happened at { $at }, which is in the future
ledger-key-length = the idempotency key must have 1 to { $most } characters
ledger-key-reused = the key `{ $key }` was used for entry { $entry }, which says something else
ledger-name-length = a lot or serial number has at most { $most } characters
ledger-no-such-entry = there is no entry { $entry }
ledger-no-such-line = entry { $entry } has no line { $line }
ledger-not-correctable = entry { $entry } cannot be corrected: what is pending is voided, what a correction got wrong is recorded anew, and what was voided by mistake is open again with nothing in its place
ledger-not-enough = `{ $account }` holds { $held }, { $asked } more would be needed
ledger-not-open = line { $line } of entry { $entry } has { $open } open, not { $asked }
ledger-not-pending = entry { $entry } is not pending
ledger-not-there = `{ $account }` does not hold { $quantity } of lot `{ $lot }`, serial number `{ $serial }`
ledger-note-length = a note says at most { $most } characters
ledger-one-resource = a posting moves one resource, not { $from } into { $to }: a process has an account for each
ledger-overcommitted = `{ $account }` will hold { $held } by all that is recorded, { $asked } more would be needed
ledger-quantity = a quantity must be from 1 to { $most }, not { $quantity }
ledger-reason-length = the reason must have 1 to { $most } characters
ledger-serial-elsewhere = serial number `{ $serial }` of { $resource } is already in `{ $account }`
ledger-serial-one = serial number `{ $serial }` names one unit, not { $quantity }
ledger-some-postings = an entry has 1 to { $most } postings
ledger-too-much = the account would hold more than can be counted
ledger-two-accounts = a posting moves from one account to another
ledger-zero-byte = text must not hold a zero byte

## What does not fit when the seal is verified
misfit-block-before = the block does not name the one before
misfit-block-begin = the block does not begin where the one before ended
misfit-block-missing = block { $block } is missing
misfit-entries-altered = an entry from { $first } to { $last } is not the one that was sealed
misfit-entry-altered = the entry says something else than when it was sealed
misfit-entry-inserted = the entry was inserted
misfit-entry-missing = the entry is missing
misfit-entry-order = the entry is missing or out of order
misfit-signature = the block’s signature is not by the given key
misfit-account = account { $account } is not what its name says
misfit-balance = the balance of `{ $account }` is not the sum of its postings
misfit-changes = the changes of records it notes are not those that were made
misfit-cut-short = the journal ends before the noted block: it was cut short
misfit-events = the events of others that it notes are not those that are kept
misfit-unit = what is kept of unit { $unit } is not what the journal says
misfit-holding = lot `{ $lot }`, serial number `{ $serial }` of account { $account } is not the sum of its postings
misfit-not-sealed = the entry is not sealed: it was inserted
misfit-noted-block = block { $block } is not the one that was noted: the journal was written anew
misfit-open = what is open of its line { $line } is not what was not settled

## Which documents a movement needs, and why
document-air = a company carries by air: the contract of carriage is an air waybill
document-counts-load = what arrives is counted against a list of all that the conveyance carries
document-counts-packages = what is in each package is counted against a list
document-custody-passes = custody passes with a count of each line and two signatures
document-customs-of-forces = goods of a force cross a border under the Status of Forces Agreement and stay its own
document-dangerous-goods = dangerous goods travel with their particulars, whoever carries them
document-marks-units = each handling unit carries a label with its number
document-rail = a company carries by rail: the contract of carriage is a consignment note
document-road-across-border = a company carries by road across a border: the contract of carriage is a CMR consignment note
document-road-within-country = a company carries by road within a country: the contract of carriage is a consignment note
document-sea = a company carries by sea: the contract of carriage is a sea waybill
document-title-given = the title to the goods is given away: the certificate says by whom, to whom, under which conditions

## Why a document is not printed
document-legs-at-most = a document holds at most { $most } legs
document-lines-at-most = a document holds at most { $most } lines
document-one-text-at-most = a text in a document holds at most { $most } characters
document-serials-at-most = a document holds at most { $most } serial numbers
document-template-faulty = the document’s template is faulty: { $said }
document-text-at-most = a document holds at most { $most } characters
document-units-at-most = a document holds at most { $most } handling units
document-without-units = there are no handling units to label

## The database
account-changed = the account { $account } was changed in the meantime
database-corrupt = the database holds what Muster cannot have written: { $what }
database-failed = the database failed: { $error }
database-is-newer = the database has schema step { $step }, which this Muster does not know: use a newer one
entry-refused = entry { $index } of the request: { $why }
ledger-not-written = the entries could not be written: try again
ledger-overtaken = other processes kept writing to the ledger: try again
ledger-stopped = the ledger’s writer has stopped
no-such-column = { $sheet } have no column { $column }
no-such-sheet = there is no sheet { $sheet }
not-a-public-key = that is not an Ed25519 public key
other-seal-key = the database is sealed with another key than the one given
plan-not-proposed = plan { $plan } is not there, or no longer only proposed
records-changed = records have changed in the meantime

## Files
file-too-large = has { $bytes } bytes, must have at most { $most }
files-too-large = all files together have { $bytes } bytes, must have at most { $most }
more-problems = { $count } more { $count ->
    [one] problem is
   *[other] problems are
  } not listed
not-in-encoding = has bytes that are not { $encoding }
not-utf-8 = byte { $byte } is not UTF-8, though the text before it is
not-windows-1252 = byte { $byte } is neither UTF-8 nor Windows-1252
not-written = the workbook cannot be written: { $error }
sheet-not-written = { $sheet } cannot be written to a workbook: { $error }
zero-byte = has a zero byte, must be text in UTF-8, UTF-16 or Windows-1252

## Workbooks
cell-bytes = has more than { $most } bytes
cell-error = is the error value { $error }, must be a value
cell-far-out = has a cell in column { $column }, must have at most { $most }
cell-formula = is a formula, must be the value itself
cell-inexact = is a number that a cell cannot hold exactly, must be written as text
cell-time = is a time and no date, must be a date like 2026-09-07
other-workbook = is a workbook of another format, encrypted or with macros, must be a plain .xlsx
sheet-broken-off = cannot be read to its end: { $error }
sheet-rows = has more than { $most } rows; the rest is not read
sheet-unreadable = cannot be read: { $error }
workbook-damaged = cannot be read as a workbook: it is damaged
workbook-document-type = has a document type in its XML, which could define entities; must have none
workbook-files = has { $files } files inside, must have at most { $most }
workbook-inflates = inflates too far, must come to at most { $mib } MiB and { $ratio } times its packed size
workbook-macros = has macros, must be a workbook without them (.xlsx)
workbook-of-sheets = has the sheets { $sheets }; the map must say which as table.sheet
workbook-unreadable = cannot be read as a workbook: { $error }
workbook-without-sheet = has no sheet { $sheet }

## Rows and cells
columns-needed = the file needs the columns { $columns }
cell-too-long = has a cell of more than { $most } bytes
cells-too-many = has { $cells } cells, must have at most { $most }
cells-unlike-header = has { $cells } cells, must have { $width } like the header
column-missing = is missing, must be { $right }
column-too-many = is one column more than { $most }
header-twice = stands in the header twice
json-array = an array
json-boolean = true or false
json-many-keys = has an object of more than { $most } keys
json-many-rows = has an array of more than { $most } entries
json-not-text = is { $what }, must be a text in quotation marks
json-number = a number
json-object = an object
named-before = is already named in { $at }, must name one record only
named-before-in-file = is already named in { $at } of { $file }, must name one record only
not-a-column = is not a column of { $sheet }, must be one of { $columns }
not-a-mission-file = is no file of a mission folder, must be { $sheets }, a .xlsx or a .json
not-a-mission-sheet = is no sheet of a mission, must be one of { $sheets }
not-mission-json = is not JSON of a mission: { $error }
object-key-twice = stands in the object twice
of-sheet = { $sheet }: { $said }
quotation-open = a quotation mark that is opened in this record is never closed
row-at-index = [{ $index }]
row-at-line = line { $line }
rows-before = has more than { $most } rows before it; the rest is not read
sheet-empty = is empty, must begin with the columns { $columns }
sheet-twice = is the sheet { $sheet }, which { $file } holds already
stored-record = { $said } (stored record { $key } of { $sheet })
thousands-separators = has thousands separators, must be a number like 1234.5
two-numbers = could be { $one } or { $other }, must be written as one of them, with a decimal point and no thousands separator

## The map of a published table
a-table = must be a table
another-character = must be another character than decimal
columns-missing = is missing, must name the columns
converted-column-missing = is missing, must be there where no rates convert the values
currency-or-column = must be there, or else currency_column, and not both
default-kind-missing = is missing, must be there where no column tells the kind
format-parts = must have one year, at most one month, and a day only with a month
format-signs = must have only %d, %m, %B, %b, %Y and %y after a per cent sign
formats-contradict = reads some texts as other dates than { $other }, must be one of the two
group-column-missing = is missing, must name the column whose equal texts group lines
header-several = is in the header more than once, must be one of { $columns }
is-empty = is empty
is-missing = is missing
list-of-texts = must be a list of texts
no-header-row = has no row { $row }, which the map says is the header
no-party-column = the map names no column of the party
not-in-header = is not in the header, which has { $columns }
not-toml = { $error }
one-character = must be one character such as . or ,
prefix-length = must have at most { $most } characters
quoted = must be a text in quotation marks
rate-per-converted = must be per unit of the currency of [converted]
rate-twice = is there twice for its currency and date
rate-without-converted = is of no use without [converted]
rates-rule-missing = is missing, must say which rate holds for a date
tables = must be tables, each beginning with [[{ $path }]]
text-or-list = must be a text or a list of texts
true-or-false = must be true or false
unknown-key = is not known here, must be one of { $known }

## Rows of a published table
blank-row = blank row
code-wrong = the code { $code } must be { $right }
column-not-there = a column that the map names is not in the table
currency-unknown = is no currency, must be in [value.currencies] or an ISO 4217 code
in-cell = { $column } `{ $value }` { $said }
in-column = { $column } { $said }
kept-as-unknown = { $why }, and is kept as unknown
kind-unknown = is no kind that [kind.words] names, and there is no default
line-too-large = the line number is too large
no-currency-kept = has no currency, and is kept as unknown
no-rate = has a value in { $currency } that no rate of the map converts for { $date }
no-rate-undated = has a value in { $currency } that no rate of the map converts for an unknown date
not-a-date-kept = is no date by the formats of the map, and is kept as unknown
not-a-number-kept = is no number as the map says they are written, and is kept as unknown
party-no-country = names { $code }, which is neither known nor in [[party.new]] nor a country
party-not-added = names { $code }, which is not known; new_nations = true would add countries
party-unknown = names a party that is not known, must be in [party.names], a code, a known name or an ISO 3166 name or code
party-unnamed = names no party
skipped = { $reason }
table-name = the file’s name must be { $right }
too-large-kept = is too large a number, and is kept as unknown
two-dates = could be { $one } or { $other } by the formats of the map
value-not-repeated = has another value than the lines of { $group } before it, though the map says that they repeat it

## Calendars
calendar-ends-before = the event would end before it begins: only its first day is taken
calendar-no-line = is no line of a calendar, must be a name, a colon and a value
calendar-no-start = the event has no first day and is left out
calendar-none = is no calendar, must begin with BEGIN:VCALENDAR
calendar-not-begun = ends what has not begun
calendar-not-ended = begins what does not end
calendar-range = what becomes of all later times of the event is not understood: only this one is taken
calendar-rule = by { $part } the event recurs in a way that is not understood: those times are not taken
calendar-times-cut = the event is more often than is taken: at most { $most } times, and fewer if its rule goes through too many days
calendar-too-deep = is nested deeper than { $most } levels: the rest is not read
calendar-too-many-events = has more than { $most } events: the rest is not read
calendar-too-many-times = all events together are more often than { $most } times: the rest is not taken

## Events of EPCIS
epcis-a-base = must be an address like https://muster.example.org/id/ that ends with a slash
epcis-a-class = names one thing, must name a kind or lot of things
epcis-a-count = must be a whole number of units of issue
epcis-a-decimal = must be a decimal number of at most { $most } digits
epcis-a-digital-link = must be a GS1 Digital Link with a key of GS1 and a right check digit
epcis-a-document = must be an EPCISDocument, an EPCISQueryDocument, or an event
epcis-a-flag = must be true or false
epcis-a-known-kind = must be an item of the mission or a trade item, or a lot of it
epcis-a-known-party = must be one party, of the mission or by its location number
epcis-a-known-place = must be a place of the mission or a location number
epcis-a-known-thing = must be a handling unit, or one thing by its serial number
epcis-a-list = must be a list
epcis-a-moment = must be a time with date, seconds and zone like 2026-09-07T14:00:00.000+02:00
epcis-a-name = must be a name of letters, digits, - . and _, with a prefix or namespace
epcis-a-number = must be a number
epcis-a-quantity = must be zero or more, and whole if there is no unit
epcis-a-term = must be one of { $words }, or a URI of one’s own
epcis-a-text = must be a text
epcis-a-transaction = must be urn:epcglobal:cbv:bt: with a location number of 13 digits and the number of the transaction
epcis-a-unit = must be a unit of UN/ECE Recommendation 20 like KGM
epcis-a-uri = must be a URI
epcis-action = must be { $action }, since the step is { $step }
epcis-an-event = must be an event
epcis-an-event-id = must be urn:uuid: with a UUID, or an event hash id like ni:///sha-256;…?ver=CBV2.0
epcis-an-offset = must be an offset from UTC like +02:00, up to 14 hours
epcis-corrects-itself = must not name the event itself as what puts it right
epcis-document-type = has a document type with declarations, which is not read
epcis-entity = uses the entity { $name }, which is not one of XML’s own
epcis-hexadecimal = must be hexadecimal digits
epcis-ilmd = must stand only in events that add things, and in transformations
epcis-many-attributes = has an element with more than { $most } attributes
epcis-many-contexts = refers to more than { $most } contexts
epcis-many-prefixes = declares more than { $most } prefixes or terms
epcis-missing = is missing
epcis-missing-in = is missing, and { $kind } needs it
epcis-a-schedule = must have at least one part
epcis-too-far-back = may begin at most { $days } days back
epcis-empty-by-schedule = that there is nothing new is told by a schedule only
epcis-never = is never: no day has all of that
epcis-of-schedule = must be a list of numbers and ranges from { $least } to { $most }, like 1,[2-3]
epcis-a-value = must be a text without |, a number, true or false, or a list of such
epcis-no-parameter = is no parameter of an event query
epcis-query-there = you have a query { $name } already
epcis-queries-too-many = you may have at most { $most } queries
epcis-stream-or-schedule = must be told either that it is a stream or when it is to be asked: one of `stream` and `schedule`
epcis-no-carrier = must not stand there, since nothing is put together by { $step }
epcis-no-custody = is no custody event, must be ObjectEvent or AggregationEvent
epcis-limit-without-order = needs orderBy, which says which are the first
epcis-no-limit-to-tell = whoever subscribes is told all that newly answers: a query with eventCountLimit or maxEventCount is for asking only
epcis-one-limit = does not go with eventCountLimit
epcis-answers-too-many = more than { $most } events answer, or more would have to be looked at than is done for one request
epcis-not-done = is of the standard and is not answered here
epcis-not-in = must not stand in { $kind }
epcis-not-json = is not JSON: { $error }
epcis-not-together = must be a step that puts things together or takes them apart
epcis-not-xml = is not XML: { $error }
epcis-one-event = must be one event
epcis-one-thing = names a kind or lot of things, must name one
epcis-prefix = uses the prefix { $prefix } without a namespace
epcis-recorded-before = must not lie before the event
epcis-set-and-unset = must not both be set and unset
epcis-set-or-unset = must set or unset something
epcis-some-values = must be at least one value, and at most { $most }
epcis-text-too-long = has a text of more than { $most } bytes
epcis-too-deep = is nested deeper than { $most } levels
epcis-too-many-events = has more than { $most } events, of which the others are not read
epcis-too-many-values = has more than { $most } values
epcis-twice = stands there twice
epcis-unit-of-nothing = must not stand without a quantity
epcis-unknown-field = is no field of this kind; { $name } needs a prefix or namespace if it is one’s own
epcis-version = must be version 1 or 2
epcis-within-itself = must not be in itself

## Use cases
account-name = the name must be { $right }
account-party = the party must be { $right }
account-without-role = the roles must be at least one
amount-places = { $currency } has { $places } decimal places, { $amount } has more
at-place = { $place }: { $said }
changed-meanwhile = it was changed in the meantime: look at it again, then repeat what you wanted
code-begins = must begin with { $prefix }, as all codes that you make
code-taken = must be another code: this one is taken
database-failed-inside = the database failed
export-too-large = more than { $most } records: filter them first
imports-under-way = { $most } imports are under way already: try again in a moment
capture-given-up = the document was begun { $tries } times and never came to its end: send it in parts, or ask whoever runs Muster
capture-without-account = whoever sent it has no account any more, or a disabled one
attachments-too-many = within 24 hours somebody sends no more than { $most } MiB of photographs and papers: send the rest later
captures-under-way = as many documents wait to be taken in as may, { $most } of one account: try again in a moment
key-used = that idempotency key was used for something else
ledger-refused = the ledger refused: { $why }
need-bound = { $need } has offers bound to it: void its lines first
need-bound-part = { $bound } of { $need } are bound already: it must be for as many at least
new-password = the new password must be { $right }
no-mission-any-more = there is no mission any more
no-mission-yet = there is no mission yet: import one first
no-plan-yet = there is no plan yet: run one
no-states = only offers, requirements, packages and participations have states to change
no-such-event = there are no events `{ $event }`: there are { $events }
not-found = there is no { $what } { $code }
nothing-open = nothing is open of line { $line } of plan { $plan }
nothing-sealed = nothing is sealed here yet
nothing-to-dispatch = there is nothing to dispatch of line { $line } of plan { $plan }
nothing-to-receive = there is nothing to receive of line { $line } of plan { $plan }
offer-below-come = must not be below the { $come } that have come already
offer-of-goods = offer { $offer } is goods, not money: dispatch and receive them
offer-paid = nothing of offer { $offer } is promised and unpaid
old-password-wrong = the old password is wrong
password-not-hashed = the password cannot be hashed: { $error }
plan-is-already = plan { $plan } is { $state } already
price-of-change = the price of a changed line must be 0 to { $most } times what a promised line is worth on average
plan-outdated = what plan { $plan } was made from has changed since: run a new plan
plan-without-allocations = plan { $plan } has no allocations: it is not there, or was not accepted
planner-failed = the planner failed: { $error }
plans-in-the-making = { $most } plans are in the making already: wait for one, or cancel one
public-key-malformed = the database’s public key is malformed
rates-and-samples = rates must be 0 to 1, and samples 1 to { $most }
reading-only = the database was opened for reading only
reason-must-be = the reason must be { $right }
scenario-changes = a scenario has 1 to { $most } changes, not { $given }
scenario-unfit = { $why }
state-must-be = the state must be { $right }
token-days = a token must live 1 to { $most } days
token-for-reading = a token for reading cannot make one for writing
token-label = the token’s label must have 1 to { $most } characters
too-few-to-dispatch = there are not { $quantity } units to dispatch at any step of line { $line } of plan { $plan }
too-few-to-receive = there are not { $quantity } units to receive at any step of line { $line } of plan { $plan }
tracked-by-lot = { $resource } is tracked by lot: give the lot
consignment-plan-taken = { $consignment } cannot be made: { $free } units of that line are free by now, not { $quantity }
consignment-stock-there = { $account } is at { $place } already
consignment-stock-too-much = { $free } units of { $account } are free, not { $quantity }
counted-enough = two people agree on how much { $variance } is: it need not be counted again
inspect-each-lot = line { $line } has several lots: say how many of each are so
sscc-in-use = { $sscc } is on another way: nobody can use it before that has come to its end
tracked-by-serial = { $resource } is tracked by serial number: give { $quantity } serial numbers, not { $given }
trial-failed = the trial failed: { $error }
verifications-under-way = { $most } verifications are under way already: wait for one
webhook-without-event = the webhook must name at least one kind of event
webhooks-too-many = an account has at most { $most } webhooks: remove one first
work-interrupted = the work was interrupted: { $error }

## Transfer
attachment-right = one of { $kinds }, of at most { $most } bytes
attachment-not-kept = no photograph or paper `{ $hash }` was kept: keep it first, and name it by its SHA-256
attachment-kind = must be one of { $kinds }, and what it says it is
blind-count-differs = the counts of { $variance } agree on { $agreed }, but { $stated } units are known by name: resolve it as miscounted and report what is there by its numbers
blind-count-missing = two people must count { $variance }, neither knowing the other’s count, and agree
carrier-and-conveyance = say who carries and on which conveyance, or name a movement
consignment-at-end = { $consignment } is at the end of its way
consignment-has-left = { $consignment } has left: redirect it or send it back
consignment-line-not-there = nothing of line { $line } of plan { $plan } can leave { $place } now
consignment-line-too-much = of line { $line } of plan { $plan } { $free } can go, not { $quantity }
consignment-line-twice = line { $line } is given twice
consignment-line-uncounted = line { $line } was not counted: count it, or say that the rest is as stated
consignment-lines-of-two = line { $line } is held by another party than the lines before
consignment-lines-part = line { $line } goes another way than the lines before
consignment-no-line = { $code } has no line { $line }
manifest-not-all = on { $movement } there is also what you do not see: ask whoever loads it for the manifest
consignment-counted = line { $line } was counted when it came and goes into stock as it is; a difference that is found later is corrected there
stock-unsigned = { $consignment } has nothing for a unit: it goes into stock here, and nobody signs for it
consignment-no-step = line { $line } of { $consignment } has nothing left to happen
consignment-not-at-end = { $consignment } is not at the end of its way
consignment-not-at-place = { $consignment } is not at a place
consignment-not-to-pack = a consignment that is { $state } is not packed
consignment-some-lines = a consignment has 1 to { $most } lines
consignment-taken = there is already a consignment { $code }
consignment-offer-elsewhere = { $offer } does not wait at { $place }
consignment-offer-left = of { $offer } { $left } are promised to nobody, not { $quantity }
consignment-offer-there = { $offer } is at { $place } already: nothing is to be sent
consignment-value-late = { $consignment } is over: what it was worth stays as it was stated
consignment-value-wrong = an amount is 0 or more, and in { $currency } with at most { $places } decimal places
consignment-whither = say where it goes from { $place }: to a need, to a place, or by which lanes
consignment-stock-elsewhere = { $account } is no stock at { $place }
count-by-serial = line { $line }: name each serial number that is there, as right or as damaged
counted-often = you have counted { $variance } { $times } times: others count it now
consignment-note-part = who sees only some lines of { $consignment } says nothing of all of it
count-before-variance = { $variance } came on { $at }: nobody counted it before
gate-clearance = offer { $offer } lacks { $condition }
gate-completeness = package { $package } has { $have } of { $wanted } { $resource } in step with the rest
gate-condition-differs = { $resource } was found { $found }, which is not what was offered
gate-condition-unknown = nobody has looked at the condition of { $resource }
file-faulty = nothing was recorded, since the file is not as it must be: { $problems }
gate-lane-closed = lane { $lane } is closed until { $until }: { $reason }
gate-lane-hazard = lane { $lane } does not take class { $class } ({ $resource })
gate-lots = { $given } of { $quantity } { $resource } are known by lot
gate-segregation-air = { $resource } and { $other } may not lie next to each other in an aircraft (49 CFR 175.78)
gate-segregation-sea = { $resource } and { $other } may not be in one cargo transport unit at sea: they are to be { $degree ->
    [1] away from each other
    [2] separated from each other
    [3] a complete compartment or hold apart
   *[other] a complete compartment or hold apart lengthwise
  } (IMDG Code 7.2.4)
gate-segregation = { $resource } must not travel with { $other }
gate-serials = { $given } of { $quantity } { $resource } are known by serial number
gates-shut = it cannot go: { $why }
join-apart = { $one } and { $two } are not at the same place, in the same hands, on the same way
key-no-passkey = key { $key } is no passkey: it signs the text itself, without authenticator_data and client_data
key-passkey = key { $key } is a passkey: its signature comes with authenticator_data and client_data
key-token-none = token { $token } is no token of yours: name the one that the phone got
key-token-passkey = a passkey stands for itself: leave out token, or say kind ed25519
key-registered = this key is registered already
label-length = a label has 1 to { $most } characters
misfit-need-not-open = the need is not open for matching
misfit-no-way = no way leads there that its hazard class may take
misfit-not-committed = the donor is not bound
misfit-other = the need is for something else
misfit-purpose = caveat “{ $caveat }” does not allow the purpose
misfit-quantity-unknown = the quantity is not known
misfit-recipient = caveat “{ $caveat }” does not allow the recipient
misfit-too-late = it is available only after the need has expired
misfit-way-too-long = the fastest way takes { $days } days, too long for the need
milestone-not-now = { $consignment } is { $state }: it cannot be { $milestone } now
taken-back-nothing = no milestone of { $consignment } stands that could be taken back
taken-back-not-that = the last milestone of { $consignment } ({ $milestone }) cannot be taken back: readied, departed, arrived and received can
taken-back-late = { $consignment } cannot take back { $milestone }: it is of units that were found later, which their variance says
taken-back-gone = of what { $consignment } brought into stock only { $free } of { $units } units are still there for nobody: it cannot be taken back
taken-back-since = { $consignment } cannot take back { $milestone }: something was done with it since ({ $done })
taken-back-parted = { $consignment } cannot take back { $milestone }: a part of it went into { $other }
taken-back-signed = { $handover } was signed for this milestone of { $consignment }: only who may open gates takes it back
taken-back-without-reason = say why it is taken back
milestone-early = the last step of { $consignment } ({ $milestone }) was at { $last }: this cannot have been before
line-in-consignment = line { $line } of plan { $plan } is in a consignment: cancel that first
movement-elsewhere = movement { $movement } is on lane { $lane }
movement-says-so = { $movement } says so already
movement-other-mode = movement { $movement } goes by { $mode }: it cannot take lane { $lane }, which is by { $by }
movement-at-other-place = movement { $movement } is at { $place }: lane { $lane } does not begin there
no-gs1-prefix = the mission has no GS1 company prefix, so it gives no numbers: name the SSCC
no-unserviceable = no resource says that { $resource } is unserviceable
sequence-blocked = it stands still: { $reason }
sequence-no-part = a part is lacking that nobody has promised
sequence-no-repair = the facility has no repair of it
sequence-too-far = it has its turn in more than a year
sequence-no-room = the facility never has room for it
observed-share-otherwise = of { $process } a share of { $passed } was observed to pass: look again
observed-otherwise = { $process } was observed to take { $days } days: look again
offer-not-committed = { $offer } is not committed, or it is money
offer-not-for = { $offer } cannot be given to { $need }: { $why }
no-such-place = there is no place { $place } that you see
no-way = no lanes lead from { $from } to { $to }
nothing-to-count = nothing of { $variance } is kept apart
of-line = line { $line }: { $why }
packed-otherwise = what is in line { $line } has left and is known: name the same serial numbers or lots, only on other handling units
packed-too-much = line { $line } has { $quantity } units, not { $packed }
passkey-authenticator-data = what the authenticator says is too short
passkey-client-data = what the browser says is not to be read
passkey-not-signing = { $kind } is no signature
passkey-not-verified = the authenticator did not know who was there
passkey-origin = it was signed at { $origin }, not at { $relying_party }
passkey-other-text = another text was signed
passkey-relying-party = the passkey that signed is not of { $relying_party }
passkey-signature = another key signed, or what was signed was altered
pin-wait = too many wrong PINs of { $name }: wait { $seconds } seconds
pin-wrong = this is not the PIN of { $name }
place-without-operator = nobody keeps { $place }
receipt-altered = what the receipt says was altered: its hash differs
receipt-format = must be a receipt ({ $format })
receipt-seal = the seal on the receipt is not of this key
receipt-unattached = this PDF carries no receipt
route-broken = lane { $lane } does not begin where the one before ends
route-ends-elsewhere = these lanes do not end at { $to }
need-elsewhere = { $need } is at { $at }: it is not served at { $place }
consignment-went-on = goods of line { $line } of { $consignment } have gone on, or are to go on, in another consignment
serial-not-here = line { $line } has no serial number { $serial }: count it with what came on no manifest
line-gates-shut = it cannot leave: { $why }. Make up a consignment: there a gate may be opened with authority and a reason
goods-not-for = { $resource } may not go to { $need }: its donor’s caveat { $caveat } does not allow it
override-without-reason = say why a gate is opened: it stays with the consignment
serial-for-each = { $quantity } units need as many different serial numbers, not { $given }
thing-by-serial = { $resource } is told apart by serial number: name each of the { $quantity }, or say only what was seen until they are known
thing-by-lot = { $resource } is told apart by lot: name it, or say only what was seen until it is known
unit-name-length = a lot or serial number has 1 to { $most } characters
nothing-to-take-in = two people counted nothing of { $variance }: resolve it as miscounted or written off
sheet-again = choose the file again, since no browser keeps it, or say that what stands in the form counts
serial-twice = serial number { $serial } stands twice
signature-of-other = another key signed, or another text
signature-wrong = the signature of { $name } does not fit: { $said }
signed-no-text = there is no text that was signed
signed-before = this was signed and recorded before, as { $handover }: each handover is signed anew
signed-text-lacks = what keys sign says where and when it is: `{ $what }` is missing
signed-by-one-party = both who signed are of one party, though the goods change hands
signed-by-strangers = nobody who signed is of a party that has the goods or is to have them
signed-at-other-time = what was signed tells another time than what is recorded, by more than an hour
signed-later = it was signed for later than it was recorded
sign-later-nobody = say who hands over and who takes over, and how they sign
sign-later-by-key = what was recorded before is signed for by PIN or on paper: a device signs what it records
sign-later-no-custody = no custody of { $consignment } passed that was to be signed for here ({ $milestone })
sign-later-signed = { $milestone } of { $consignment } was signed for, as { $handover }
signed-taken-back = what was signed for did not happen: it was recorded by mistake, and taken back
signed-text-differs = what was signed differs from this in its { $what }
pins-each = one PIN on each line for those who sign by PIN: { $count }
pin-not-asked = the PIN of { $name } cannot be asked for here ({ $error }): give --pins FILE
line-and-load = a line, with units, a lot or serial numbers, like 2, 2=10, 2=10@L-1 or 2@A,B
line-and-count = a line and what was counted, like 2=8, 2=8/1 or 2=L-1:5,L-2:3/1
a-thing = like what=a crate;units=3, with resource=, lot=, serials=A,B and remark= as they are known
repack-same-place = the units lie there already: name another handling unit
repack-some = name lines, or the handling unit that is to be emptied and on which something lies
repack-too-much = there lie { $there } units of line { $line }, not { $asked }
repack-serial-elsewhere = serial number { $serial } of line { $line } does not lie there
sscc-torn = { $sscc } would be torn apart: what lies on it goes with it or stays with it. Name the handling unit, or take off first what is to go
onto-or-new = name a handling unit that is there or a new one, not both
count-has-no-lots = line { $line } is not known by lot
count-lot-twice = lot { $lot } stands twice in the count of line { $line }
split-no-serials = line { $line }: { $resource } is not known by serial number, so say how many units go
split-serial-not-here = line { $line } has no serial number { $serial }
split-serial-goes = { $serial } lies on { $sscc }, which goes with all that is on it: name only what goes besides
split-how-many = line { $line }: say how many units go, or which serial numbers
lot-not-here = line { $line } has no lot { $lot }: count it with what came on no manifest
count-by-lot = the counts of the lots of line { $line } do not add up to those of the line
count-each-lot = say of each lot of line { $line } how many are there
signed-how = say how { $name } signed: by PIN, or on paper with a photograph of it
signer-name = who signs has a name of at most { $most } characters
signing-key-revoked = key { $key } no longer signs
some-units = must be 1 to { $most } units
split-some = split some units off { $consignment }, not all of them
split-too-much = line { $line } has { $present } units, not { $asked }
sscc-elsewhere = { $sscc } is in { $consignment }
sscc-twice = { $sscc } stands there twice
sscc-not-here = { $sscc } is no handling unit of this consignment
title-of-loan = line { $line } is lent: its title stays
title-there = { $party } owns { $consignment } already
title-line-passed = line { $line } is { $party }’s already, and the plan goes on from here: part it off first
title-ways-part = the plan for { $consignment } goes on from here by several ways, or into a repair, a course or stock: send it on or part it before its title passes
transfer-changed = { $code } has changed in the meantime: look at it again
movement-boarded = others boarded { $movement } at the same moment: look at what is on it and try again
need-received-meanwhile = others received for { $need } at the same moment: try again
turned-up-nothing = nothing is under way with the code or number `{ $thing }`: look at the label again, or report it as on no manifest
turned-up-right = { $consignment } was sent to { $place }: record that it arrived
two-must-sign = who hands over and who takes over must be two people
unit-by-lot = each unit of { $resource } is named by its lot
unit-by-quantity = units of { $resource } have neither lot nor serial number
unit-by-serial = each unit of { $resource } is named by its serial number
unit-held-at = the books hold { $resource } { $serial } at { $place }: what is wrong there has to be put right first
unit-held-elsewhere = the books hold { $resource } { $serial } elsewhere: the mission has to put that right first
units-not-named = { $quantity } units move, but { $known } are known by serial number or lot: name each of them
unmanifested-described = say in 1 to { $most } characters what came
renumber-not-missing = { $variance } is not missing: only what is missing may be here under another number
renumber-same = { $serial } is the number that it has
variance-known = it is known what { $variance } is
variance-part-all = that is all of { $variance }: resolve it as a whole
variance-part-how-many = say how many units of { $variance } it is, at least one
variance-part-lot = { $variance } has units of several lots: say of which
variance-part-more = { $variance } has only { $there } such units
variance-part-not-in = { $unit } is not in { $variance }
variance-part-serials = the units of { $variance } are told apart by serial number: name which
variance-over = { $variance } is resolved
variance-unknown = say first what { $variance } is

plan-or-account = name a plan and its line, or an account or an offer and how many units

not-found-remark = say in a remark what was done to find it
loss-before-move = { $serial } was moved or handed over at { $at }, and cannot have been lost before
loss-before-receipt = it was received at { $at }, and cannot have been lost before
loss-found-before = what { $report } is about was found before
loss-found-early = it cannot have been found again before it was lost, by { $report }
loss-known-before = it cannot have become known before it happened
loss-other-offer = nothing of { $offer } came into that account
loss-quantity = name how many units of the { $there } that are there
return-twice = { $serial } is named twice
return-place = goods go back to a depot, a hub or a repair facility; { $place } is none
return-there = the goods are at { $place } already
return-elsewhere = these lanes do not lead to { $to } but to { $place }
return-no-place = nobody knows where these goods are: no way begins there
return-of-two = all goods of a return are with one holder at one place, here { $holder } at { $place }; make a return of its own of the others
return-quantity = name how many units of the { $there } that are there
return-giver-unknown = nobody knows which nation gave some of these goods, so they cannot be given back to it; return them as they are
loss-serial-or-account = name a serial number; or, for what has none, the account in which it is in service, and its lot if it is known by lots
loss-stock-units = name what of { $resource } is lost as it is known in stock: each unit by its serial number, or a lot, or how many
loss-before-stock = on { $at } there was not so much in that stock
loss-in-consignment = { $free ->
    [0] they stand there with consignment { $consignment }: inspect it, and say there that they are missing
   *[other] only { $free } of them are in no consignment; others stand there with { $consignment }: inspect it, and say there that they are missing
}
missing-unnamed = line { $line }: say which units are missing, by serial number or lot; what is not known one by one is packed first
consignment-empty = nothing of { $consignment } is there that could leave
not-in-stock = { $resource } { $serial } is not in that stock
not-in-service = no unit has { $resource } { $serial } in service
check-taken-back-before = { $check } was taken back before
checks-none = the file says of no unit what was found
check-before-receipt = { $serial } was not in service before { $at }
disposal-before-move = { $serial } was moved or handed over at { $at }, and cannot have been disposed of before
disposal-before-receipt = it was not in service before { $at }
disposal-taken-back-before = { $disposal } was taken back before
disposal-without-certificate = choose the certificate of disposal
cannibalise-parts = name what was recovered: from one to { $most } kinds of parts
consignment-serials = line { $line }: name all of its { $quantity } units by serial number, or none
evacuate-elsewhere = these lanes lead to { $place }, not to { $facility }
evacuate-not-now = { $order } is not to be brought anywhere now: decide first at which facility it is repaired
fund-no-money = the catalogue has no money in { $currency }, the currency of { $fund }
fund-short = { $fund } has only { $there } for it that was paid in, is not set aside and may be spent on this
fund-spent = somebody else spent of { $fund } meanwhile: look at it again
no-serviceable = the item of { $resource } is not in the catalogue as serviceable
passed-or-failed = passed or failed
units-by-line = write units and a resource on each line, like 2 TRUCK-SPARES/ok
units-and-resource = units and a resource, like 2:TRUCK-SPARES/ok
repair-no-place = it is not known where it is
repair-not-held = you have no { $resource } { $serial } that could be reported broken
repair-not-so = only what is in service, or unserviceable stock, is reported broken
repair-quantity = name how many units of the { $there } that are there
repair-serial-or-account = name either a serial number or the account in which it is
quote-amount = { $order } was not repaired: say how much was due, or 0
quote-decided = quotation { $number } for { $order } is decided already, or not approved
quote-fund = name the fund that is to pay: none pays for such repairs there
quote-more = only { $most } was set aside for { $order }
quote-not-now = a price for { $order } is quoted once it was decided where it is repaired, and until it is released
quote-payee = nobody would be paid for { $order }: its facility has no operator, or the unit repairs it itself
quote-second-person = { $name } made this quotation: somebody else decides on it
quote-too-early = { $order } is not over yet: it is paid for what was done
quote-under-warranty = { $order } is under warranty of { $repair }: say why it costs something
tester-elsewhere = { $name } belongs to { $party }, which did not repair it
triage-cannot = { $facility } does not repair { $resource }; these do: { $can }
triage-contractor = a team comes only to what is repaired on site
triage-contractor-kind = { $party } runs no facility and sells nothing: its team does not come
triage-echelon = { $facility } is not where you say: a facility in the recipient’s country is “in country”, another “abroad”
triage-facility = name the facility for a repair in the country or abroad, and none for one on site
work-order-answer = nothing of that number was said about { $order }
work-order-block = { $order } is blocked by that already, or nothing is to be done any more
work-order-early = it cannot have been before the last step, at { $last }
work-order-elsewhere = what { $order } is about is at { $place }, not at { $facility }
work-order-gone = nobody has what { $order } is about
work-order-no-stock = nothing of what { $order } lacks is in stock there
work-order-not-back = what { $order } is about is neither with the unit nor at the facility
work-order-not-now = { $order } is { $state }: that cannot follow
work-order-open = it has a work order already: { $order }
work-order-parts = name each part once, here { $resource }, with 1 to { $most } units, and one unit by its serial number
work-order-price = a price of { $order } is not agreed: it waits to be decided, or was refused and neither quoted anew nor withdrawn
work-order-substitute = { $substitute } does not stand in for { $part } here, or is among the parts already
work-order-substitute-units = of { $substitute }, 1 to { $most } units may stand in for what is lacking
work-order-unblock = { $order } is not blocked by that
work-order-under-way = what { $order } is about is in a consignment
work-order-undiagnosed = { $order } is not diagnosed, or waits for parts
work-order-untested = { $order } is not in repair
warranty-wrong = a warranty is for what has a serial number, and for at most { $most } days
work-order-waits-not = { $order } does not wait for parts
third-party-asked = a third-party transfer of it is asked for already: { $transfer }
offer-follows = { $offer } comes to that by its consignments, once all of it has: nobody says it by hand
third-party-before-move = { $serial } was moved or handed over at { $at }, and cannot have been handed over before
third-party-early = it cannot have been handed over before the last nation agreed to { $transfer }
third-party-moved = { $holder } no longer has what { $transfer } is about
third-party-not-asked = { $nation } is not asked in { $transfer }
third-party-over = { $transfer } is over, or this nation has answered
third-party-unsaid = say in at most { $most } characters why, or by which letter of the nation
third-party-same = { $party } has it already
third-party-waits = a nation has not answered { $transfer } yet

## Forms of the pages
account-not-the-same = The two new passwords are not the same.
form-changed = Somebody changed it while you were editing. What you typed is still here; open it again to see what is there now.
form-code-taken = must be another code: there is such a record already
robust-wrong = A chance must be 0 to 100 %.
what-if-nothing = Nothing would be otherwise: fill in at least one of these.
what-if-number = { $x } is no number that will do here.
what-if-period = There is no { $x }: it must be 1 to { $n }.
what-if-seconds = The time must be 1 to 600 seconds.

## Requests to the API
a-boolean = true or false
a-decimal-text = a text of digits like 12.5, with at most { $places } decimal places
a-moment = a moment like 2026-09-07T12:00:00Z
a-number-within = a number from { $least } to { $most }
some-lines = text of at most { $most } characters, without control characters but ends of lines
a-plain-text = text of at most { $most } characters, without control characters
address-wrong = must be an https address without name and password, or http on this machine
body-no-json = the body must be JSON: { $error }
body-no-object = the body must be a JSON object
body-too-large = the body may have at most { $most } bytes
changes-unreadable = { $error }
cursor-wrong = must be one that was given
files-too-many = there may be at most { $most } files
form-unreadable = the body must be multipart/form-data with files
given-twice = is given twice
key-as-in-address = must be { $key }, as in the address
media-type-wrong = Content-Type must be one of { $types }
must-be-given = must be given
no-column-here = is not a column here
not-known-here = is not known here
objects = at most { $most } objects
objects-in-array = must be an array of objects
of-passkeys-only = credential and relying_party are of passkeys only: say kind passkey
one-means = sign by one of pin, key with signature (of a passkey with authenticator_data and client_data, too), or photo
one-object = must be an object
query-unreadable = the query must be UTF-8, percent-encoded
request-key-wrong = Idempotency-Key must be 1 to { $most } visible ASCII characters
sheet-not-named = a CSV file needs the sheet that it holds: ?sheet=offers
texts = at most { $most } texts of at most { $longest } characters
token-only-reads = the token is for reading only

## The command line
after-number = --after must be a whole number, as the last page’s end names it
after-numbers = --after must be three numbers with commas, as the last page’s end names them
cannot-serve = cannot serve on { $address }: { $error }
cannot-start = cannot start: { $error }
demonstration-half-told = The demonstration went wrong while it was played; what it tells of its last weeks is not all of the story. Start it again on an empty folder. { $said }
demonstration-interrupted = the demonstration was interrupted before it was complete: start it again on an empty folder or database
demonstration-faulty = the demonstration mission is faulty: { $said }
field-must-be = `{ $name }` must be { $right }
field-text = `{ $name }` must be text
file-of-more = { $path }: more than { $most } bytes
file-unusable = { $path }: { $error }
file-with-faults = { $path } has { $count } { $count ->
    [one] fault
   *[other] faults
  }
files-of-more = { $path }: more than { $most } bytes in all
play-clock = the play: the deed { $key } is in the ledger at another time than it was done
play-lost = the play: of { $all } deeds of the phones, Muster knew { $known } when they were sent again
play-miscounted = the play: { $milestone } of { $consignment } by { $actor } was done { $done } times, and the ledger tells of { $told }
play-no-sign-in = the play: { $name } could not sign in
play-refused = the play: { $who } asked for { $what } and was answered { $status }: { $said }
play-stuck = the play: { $consignment } was due at { $place } on { $due } and is under way still
play-unreadable = the play: a request or its answer could not be read: { $error }
play-unsent = the play: { $left } deeds are left in the phones
play-unverified = the play: the ledger does not verify: { $said }
line-and-condition = LINE=CONDITION, with serviceable, unserviceable, incomplete, damaged or missing; for some of its units with :3, @PK-1,PK-2 or @L-1:3 after it
line-and-part = a line with how many of its units, or with their serial numbers, like 2=10 or 2@A,B
line-and-remark = LINE=TEXT, of a line that was looked at
lot-and-units = a lot and its units on each line
line-no-json = not JSON: { $error }
map-with-problems = the mapping { $path } has { $count } { $count ->
    [one] problem
   *[other] problems
  }:
misfit-at-accounts = the ledger does not fit at the accounts: { $what }
misfit-at-entry = the ledger does not fit at entry { $entry }: { $what }
misfit-at-entry-in-block = the ledger does not fit at entry { $entry }, block { $block }: { $what }
need-not-in-plan = plan { $plan } knows no need { $need }: it was not open when the plan was made
no-mission-in = there is no mission in { $path }: import one first
no-outcome = no answer
no-place-given = say where the mission is kept: --data DIR or --database postgres://…
no-random-numbers = the machine gives no random numbers: { $error }
no-schedule = { $path }: there is no schedule that keeps every rule
no-schedule-yet = { $path }: no schedule was found in time, and none was ruled out; more time or later deadlines may help
no-seal-key-given = say where the seal’s key is: --seal-key FILE
no-such-record-ever = there is no record { $key } in { $sheet }, and there never was
not-in-mission = there is no { $what } { $code } in this mission
noted-digits = --noted must be NUMBER:HASH, whose hash must have 64 hexadecimal digits
nothing-written = { $count } { $count ->
    [one] problem
   *[other] problems
  }; nothing was written
option-must-be = { $option } must be { $right }
option-number = “{ $given }” is not a number that will do here
option-parts = “{ $given }” must have { $least } or { $most } parts with colons between
periods-within = { $given } must lie within 1-{ $most }
plan-and-line = PLAN:LINE or PLAN:LINE:UNITS
postings-missing = `postings` must be a list
public-key-digits = --public-key must have 64 hexadecimal digits
purpose-must-be = the purpose must be { $right }
seal-key-malformed = { $path } must hold 64 hexadecimal digits
serving-ended = serving ended: { $error }
units-and-offer = UNITS:OFFER, or UNITS:OFFER:NEED
units-and-account = UNITS:ACCOUNT or UNITS:ACCOUNT:NEED
time-limit = the time limit must be a number of seconds, not { $given }

a-language = two small letters of ISO 639-1, like en or uk
announced-missing = is empty, must be the day on which units were told of it
another-course = must be another course
quantity-of-pool = may be given only with a pool
quotas-beyond-seats = must not be below the { $kept } that are kept for units
pool-of-place = must be at { $place }
reason-missing = is empty, must say why
resource-of-people = must be people
clash-pool = { $pool } from { $on } on, on { $days ->
        [one] one day
       *[other] { $days } days
    }: { $used } used, { $there } there
clash-pool-with = { $pool } from { $on } on, on { $days ->
        [one] one day
       *[other] { $days } days
    }: { $used } used, { $there } there; also used by { $with }
clash-closed = the host keeps it from { $from } to { $to }: { $reason } ({ $block })
clash-short = the course needs { $wanted } of { $kind }, the serial has { $has }
clash-starts = { $seats } seats begin in that period, { $capacity } can
clash-starts-with = { $seats } seats begin in that period, { $capacity } can; also those of { $with }
clash-twice = { $instructor } from { $on } on, on { $days ->
        [one] one day
       *[other] { $days } days
    }: in { $with }, too
clash-away = { $instructor } from { $on } on, on { $days ->
        [one] one day
       *[other] { $days } days
    }: not available
clash-unqualified = { $instructor } may not teach { $course }
clash-silent = { $instructor } does not speak { $language }, in which it is taught
clash-no-interpreter = { $instructor } cannot interpret: who interprets speaks { $language }, in which it is taught, and one other language
day-of-serial = none of these days is one of the serial, which has { $days }
language-missing = is empty, must name at least one language
pool-of-instructors = must be of instructors or interpreters
attendance-day = attendance is recorded for a day from { $from } to { $to } that has come
course-before = they have not passed { $course }, which comes before
instructor-elsewhere = { $name } belongs to { $party }, which does not host it
kept-until-passed = it must be kept until a day to come, or not at all
line-as-plan-line = name a plan and its line, like P-001/7
line-of-other-school = line { $line } of plan { $plan } is not for a course at { $place }
line-without-finish = the plan’s line of { $nomination } has no end of the course any more
line-has-lanes = { $nomination } goes by the lanes of the plan’s line
no-journey = there is no way to go: they are at { $place } already
attendance-outside = it was recorded who was there on { $on }, which it would not have any more
trainees-on-the-way =
    { $on_the_way ->
        [one] one trainee is on the way there: they come or turn back first
       *[other] { $on_the_way } trainees are on the way there: they come or turn back first
    }
nobody-left = nobody is left there: { $from }
nominated-already = { $nomination } is of another unit, or is not over
nomination-early = it cannot have been before the last step, at { $last }
nomination-not-now = { $nomination } is { $state }: that cannot follow
nomination-not-there = { $nomination } cannot go over to { $serial }: it must be open, of the same course, and nobody goes over who has come or set out
nomination-without-seat = { $nomination } has no seat in { $serial } and waits for one
nominee-from-one = name one: an offer, an account, or a plan’s line
nominee-of-other-kind = the course takes { $wanted }, not { $resource }
no-such-remark = answer a remark that is there; a follow-up answers a finding
not-in-serial = { $nomination } is not in { $serial }, or is named twice
nothing-to-assess = { $nomination } is not in training, or nothing is said
objective-not-met = { $nomination } has not met { $objective }
serial-clashes = something is in its way: { $clash }{ $more ->
        [0] {""}
       *[other] , and { $more } more
    }
serial-has-begun = { $serial } has begun, or is over
serial-not-confirmed = { $serial } is not confirmed
serial-not-open = { $serial } is over
timetable-model = these serials cannot be put into a timetable: { $why }
timetable-overfull = { $pool }: { $wanted } unit-days are wanted, { $left } are left
timetable-until = the last day must come within { $most } days from today
trainee-in-consignment = { $nomination } is on the way in a consignment: record that first
trainee-is-back = { $nomination } is back already
trainees-are-there =
    { $there ->
        [one] one trainee is there: they pass, fail or go home first
       *[other] { $there } trainees are there: they pass, fail or go home first
    }
vetting-dates = it cannot have been vetted after today, nor hold no longer
clearance-taken-back = the clearance of { $nomination } was taken back
vetting-expires = the clearance of { $nomination } must hold to the end, { $end }
deed-nominate = nominate trainees
deed-vet = vet trainees
deed-train = record training
cleared-or-refused = cleared or refused
objective-and-why = an objective and why it was not met, like LOAD=straps loose
trainee-and-attendance = a trainee and whether they were there, like N-261101-ABCDEF=present
calendar-too-full = the calendar has more than { $most } stretches of days
line-nominated = people are nominated by line { $line } of plan { $plan }: what they do is recorded there
need-of-others = { $need } does not ask for { $resource }
trainees-by-line =
    { $bound ->
        [one] one trainee comes by a plan’s line, which leads to one place and one course
       *[other] { $bound } trainees come by plans’ lines, which lead to one place and one course
    }
