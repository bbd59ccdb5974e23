# Why a plan leaves something unmet or late; the command line says the same.
why-part = { $text } of { $what }: { $why }
why-not-offered = no offer of it is left
why-uncommitted = nobody is bound to give it; offered but not committed: { $x }
why-caveat = the caveat “{ $caveats }” keeps { $offers } from it
why-caveat-none = the donor keeps { $offers } from it
why-elsewhere = { $offers } serve { $needs }, where they are worth more
why-elsewhere-none = { $offers } would have to be larger
why-lane = the lane { $name } is full in { $when } ({ $load } of { $capacity } t)
why-lane-closed = the lane { $name } is closed, or takes less than one unit, in { $when }
why-handling-in = { $name } cannot take in more in { $when } ({ $load } of { $capacity } t)
why-lane-volume = { $name } has no room left in { $when } ({ $load } of { $capacity } m³)
why-storage-volume = { $name } has no room to store more in { $when } ({ $load } of { $capacity } m³)
why-need = { $name } lacks what it needs besides its input in { $when }
why-order = no more of { $name } can be ordered in { $when } ({ $load } of { $capacity })
why-pool = all of { $name } is in use in { $when } ({ $load } of { $capacity })
why-fund = { $name } has no money left in { $when } ({ $load } of { $capacity })
why-handling = { $name } cannot handle more in { $when } ({ $load } of { $capacity } t)
why-storage = { $name } cannot store more in { $when } ({ $load } of { $capacity } t)
why-repair = no repair slot is free at { $name } in { $when } ({ $load } of { $capacity } units begin)
why-training = no place on the course at { $name } is free in { $when } ({ $load } of { $capacity } begin), so that nobody is trained in time
why-process = { $name } begins no more in { $when } ({ $load } of { $capacity })
why-no-way = no way that it may take leads there from { $x }
why-too-late = it could be there in { $when } at the earliest ({ $offer }), after { $last }
why-horizon = it could be there only after the last { $noun } of the plan ({ $offer })
why-dear = getting it there costs more ({ $cost }, weighted) than it is worth ({ $worth })
why-not-sought = nothing stands in its way: the search ended before it came to this; give it more time
why-and-more = { $list } and { $n } more
lack-late = { $text } late
lack-late-sets = { $n ->
    [one] { $text } set late
   *[other] { $text } sets late
}

api-list-plan-needs = What needs get by a plan, what they lack and why
api-ask-what-if = Solve a plan’s inputs again with changes and set both beside each other: a job begins
api-show-plan-robustness = How a plan fares when journeys take longer and goods are lost: the chance of each need
api-list-plan-asks = What to ask donors and hosts for, and what it would gain

# What to ask donors and hosts for.
asks = What to ask for
asks-hint = what more of something would gain; by prices, and by solving again with it
asks-none = Nothing that could be asked for would gain anything.
asks-more = What to ask for, continued
ask-request = Request
ask-for = It would
ask-predicted = Gain by prices
ask-verified = Gain, solved again
ask-verified-more = at most { $x }
ask-not-verified = not looked at
ask-and = { $list }, and { $last }
ask-offer = { $text } more { $what } at { $place } by { $when }
ask-lane = { $x } t more a { $noun } on the lane { $name } in { $when }
ask-handling = { $x } t more a { $noun } handled at { $name }
ask-storage = { $x } t more stored at { $name }
ask-repair = { $n ->
    [one] one more repair slot a { $noun } at { $name }
   *[other] { $n } more repair slots a { $noun } at { $name }
} for { $what }
ask-training = { $n ->
    [one] one more place a { $noun } on the course at { $name }
   *[other] { $n } more places a { $noun } on the course at { $name }
} for { $what }
ask-caveat = the caveat “{ $caveats }” lifted for { $offer }
ask-serves-sets = { $n ->
    [one] complete one more set of { $name }
   *[other] complete { $n } more sets of { $name }
}
ask-serves-units = give { $text } to { $name }
ask-serves-less = take { $text } from { $name }
ask-solve = Solve again
ask-solve-label = Solve again with:

# What if.
what-if = What if …
what-if-hint = fill in what would be otherwise; the plan is solved again with it and set beside; records stay as they are
what-if-ask = What would be otherwise?
what-if-result = What would be
what-if-reason = a scenario
what-if-offer = offer of the scenario
what-if-place = A place is closed
what-if-place-name = Place
what-if-lane = A lane is closed, or takes less
what-if-lane-name = Lane
what-if-slow = A lane takes longer: a ship is slow, a crossing waits
what-if-slow-name = Slow lane
what-if-donor = A donor gives nothing more
what-if-donor-name = Donor
what-if-late = An offer comes later
what-if-late-name = Offer
what-if-new = Somebody offers more
what-if-resource = Resource
what-if-quantity = Quantity
what-if-at = At place
what-if-from = From { $x }
what-if-to = To { $x }
what-if-tonnes = Tonnes a { $x }
what-if-later = Longer by, { $x }s
what-if-offer-later = Later by, { $x }s
what-if-available = Available from { $x }
what-if-go = Solve again
what-if-time = solved in { $x } s from the plan’s own ways; the plan itself took { $first } s
what-if-kept = Deliveries that stay as they are
what-if-now = By the plan
what-if-then = What if
what-if-more = Difference
panel-what-if = Needs that get more or less
panel-what-if-none = Every need gets the same.
change-close-place = { $name } is closed in { $when }
change-close-lane = the lane { $name } is closed in { $when }
change-limit-lane = the lane { $name } takes at most { $x } t a { $noun } in { $when }
change-delay-lane = the lane { $name } takes { $n ->
    [one] one { $noun }
   *[other] { $n } { $noun }s
} longer
change-drop-donor = { $name } gives nothing more
change-drop-offer = { $offer } falls away
change-delay-offer = { $offer } comes { $n ->
    [one] one { $noun }
   *[other] { $n } { $noun }s
} later
change-more-of = { $text } more units of { $offer }
change-more-time = { $name } may come { $n ->
    [one] one { $noun }
   *[other] { $n } { $noun }s
} later

# How sure it is.
robust = How sure it is
robust-hint = { $n } samples: each departure, repair or course is a { $noun } late with a chance of { $delay }, each further { $noun } of { $longer }; a line is lost on a leg with a chance of { $loss }; room for what is late is not looked at
robust-mean = Of the value planned, { $mean } arrives on average, and { $low } or more in nine of ten samples.
robust-delay = Late, %
robust-longer = Each further, %
robust-loss = Lost, %
robust-try = Try
robust-all = All that is planned
robust-in-time = In time what is due
robust-average = On average
panel-robust = The chance that needs get what is planned
panel-robust-none = The plan gives nothing.
compare-figure = Figure

# A plan in the place of what was promised.
replan-run = In the place of what is promised
replan-keep = Price of a changed delivery, %
replan-run-hint = In the place of what is promised: what has left stays as it is; a promised delivery changes only if that gains its price, as a share of what a delivery is worth on average.
replan-keep-limits = The price of a changed delivery must be 0 to 10000 %.
replan = What becomes of what was promised
replan-price = a promised delivery changed only if that gained { $x } of what one is worth on average; what had left is not looked at
replan-kept = Stay as they are
replan-kept-of = of { $x } ({ $share })
replan-changed = Change
replan-dropped = Are dropped
replan-new = Are new
panel-replan = Who is affected
panel-replan-none = Every promised delivery stays as it is.
replan-more = Who is affected, continued
replan-fate = Delivery
replan-was = Was
replan-becomes = Becomes
replan-line = { $line }: { $what }
replan-units = { $n ->
    [one] { $text } unit
   *[other] { $text } units
}
replan-leg = { $name }, { $when }
replan-way = { $units } by { $way }; there { $when }
replan-there = { $units }, there { $when }
replan-order = order
replan-stays = is { $x }
replan-accept-hint = Promised deliveries that change are taken back in the same step, those that stay keep their entries.
api-list-plan-differences = What a plan makes of promised lines: what changes, is dropped and is new, for whom
