------------------------------- MODULE Tenure -------------------------------
(***************************************************************************)
(* The commit protocol: one scope, a few candidates, a quorum.             *)
(*                                                                         *)
(* The quorum leader is modelled as one place where transactions are       *)
(* applied one after the other, each as a whole or not at all.  All the    *)
(* rest is as bad as ZooKeeper allows, and a little worse:                 *)
(*                                                                         *)
(*  - a request may be applied any time after it was sent, even after its  *)
(*    sender has given up waiting for the answer and has sent it again;    *)
(*  - an answer may be lost, so that the sender does not know the outcome; *)
(*  - a session may end between any two steps, and the candidate learns    *)
(*    of it any time later;                                                *)
(*  - a candidate may give up a handle whose session lives on;             *)
(*  - a read may be answered by a server that lags or is cut off;          *)
(*  - an operator may delete the leader node, write "revoke" into it, or   *)
(*    delete a candidate's node in the queue;                              *)
(*  - others may make znodes where the next entries of the trail belong;   *)
(*  - a user may give up an attempt at any time, and end the thread that   *)
(*    works under a lease; a handle may be away for a while and come back  *)
(*    with the session that it had;                                        *)
(*  - any of us may pause for any time between any two steps, since no     *)
(*    step is ever forced.                                                 *)
(*                                                                         *)
(* There is no clock here.  A lease may run out at any time; and when the  *)
(* quorum leader ends a session, the lease held in it has run out.  That   *)
(* is the one thing taken for granted (LeasesInTime), and the module Lease *)
(* says why it holds.  Without it everything but LeaseExclusive still      *)
(* must hold: the trail, the epochs and the fence do not rest on clocks.   *)
(*                                                                         *)
(* The names are those of the code (CommitProtocol, ScopeLeadership) and   *)
(* of an audit entry: event, epoch, candidate, session, predecessor.       *)
(***************************************************************************)
EXTENDS Naturals, Sequences, FiniteSets, TLC

CONSTANTS
    Candidates,
    Arbitration,    \* who may try: "queue", the latch's; or "plan", any candidate
    MaxEpoch,       \* no candidate stands for an office beyond this one
    MaxSessions,    \* how many sessions a candidate has, one after the other
    MaxFaults,      \* lost answers, handles given up, operators, lapses
    Operator,       \* what others do: a subset of {"revoke", "delete", "unqueue", "forge"}
    User,           \* what users bring: a subset of {"give up", "end thread", "handle"}
    StaleReads,     \* whether a read may show what was true once
    LeasesInTime,   \* whether a lease runs out before its session ends
    Writes,         \* whether leaders write to stores
    Variant         \* "as built", or the name of something to break

Variants ==
    { "as built",
      "audit entry in a second transaction",
      "retry without reading the record",
      "record set without its version",
      "writes without the fence",
      "retry with another nonce",
      "office taken from a leader that lives",
      "own leader node waited for",
      "node of the next leader passed over",
      "attempt given up is forgotten",
      "handle away taken for an ended session",
      "renewed for a thread that has ended",
      "taken names tried again" }

ASSUME /\ Variant \in Variants
       /\ Arbitration \in {"queue", "plan"}
       /\ Operator \subseteq {"revoke", "delete", "unqueue", "forge"}
       /\ User \subseteq {"give up", "end thread", "handle"}

VARIABLES
    \* At the quorum leader.
    record,    \* the data and the version of the scope's znode
    leader,    \* the leader node, or Nothing
    trail,     \* the audit trail
    forged,    \* the indexes at which foreign hands have taken the usual names of entries
    sessions,  \* which sessions live
    queue,     \* the sessions in the latch's queue, in order
    written,   \* the epochs of the fenced writes, without repetitions
    stored,    \* the same, of a store outside that checks the epoch
    \* On the way.
    strays,    \* requests whose sender no longer waits
    lagging,   \* what a server that lags still shows
    \* At the candidates.
    me,        \* me[c]: what a candidate knows and waits for
    \* Not part of the system.
    history,   \* what really happened, to hold the trail against
    faults     \* how many may still happen

vars == << record, leader, trail, forged, sessions, queue, written, stored,
           strays, lagging, me, history, faults >>

Nothing == [is |-> "nothing"]

\* A session is its candidate and a number; a nonce likewise.
Session(c) == << c, me[c].session >>
Nonce(c)   == << c, me[c].attempt >>

NoRecord ==
    [version |-> 0, epoch |-> 0, candidate |-> "nobody", session |-> << >>,
     nonce |-> << >>, end |-> "none", next |-> 1]

IsLed(r) == r.epoch > 0 /\ r.end = "none"

Entry(index, event, epoch, candidate, session, predecessor) ==
    [index |-> index, event |-> event, epoch |-> epoch,
     candidate |-> candidate, session |-> session,
     predecessor |-> predecessor]

\* What one reading of the scope finds; and, read after the two, whether the session
\* of the leader that the record tells of still has nodes (Registrations): then it was
\* not its end that deleted the leader node.
Now == [record |-> record, leader |-> leader,
        lives |-> record.session \in sessions]

View(seen) == [record |-> seen.record, leader |-> seen.leader]

NewMe ==
    [state |-> "idle", session |-> 1, attempt |-> 0, view |-> Nothing,
     unknown |-> FALSE, leaving |-> FALSE, ending |-> "none",
     predecessor |-> Nothing, request |-> Nothing, names |-> "usual",
     lease |-> Nothing, saw |-> Nothing, away |-> FALSE]

Init ==
    /\ record = NoRecord /\ leader = Nothing /\ trail = << >>
    /\ sessions = { << c, 1 >> : c \in Candidates }
    /\ queue = << >>
    /\ written = << >> /\ stored = << >>
    /\ strays = {} /\ lagging = Now /\ forged = {}
    /\ me = [c \in Candidates |-> NewMe]
    /\ history = << >>
    /\ faults = MaxFaults

-----------------------------------------------------------------------------
(***************************************************************************)
(* The commits (CommitProtocol): each transition as one transaction.       *)
(***************************************************************************)

\* A candidate that is elected on a record that does not know how the last tenure
\* ended says that it was lost.
PredecessorAfter(r) ==
    IF r.epoch = 0
    THEN Nothing
    ELSE [candidate |-> r.candidate, epoch |-> r.epoch,
          end |-> IF IsLed(r) THEN "lost" ELSE r.end]

LeaderNode(c, epoch) ==
    [candidate |-> c, session |-> Session(c), nonce |-> Nonce(c),
     epoch |-> epoch, word |-> "tenure"]

ElectCommit(c, view) ==
    LET old  == view.record
        lost == IF IsLed(old)
                THEN << Entry(old.next, "lost", old.epoch, old.candidate,
                              old.session, Nothing) >>
                ELSE << >>
        next == old.next + Len(lost)
        new  == [version   |-> old.version + 1,
                 epoch     |-> old.epoch + 1,
                 candidate |-> c,
                 session   |-> Session(c),
                 nonce     |-> Nonce(c),
                 end       |-> "none",
                 next      |-> next + 1]
    IN  [kind    |-> "elect",
         session |-> Session(c),
         version |-> old.version,
         names   |-> me[c].names,
         record  |-> new,
         leader  |-> LeaderNode(c, new.epoch),
         entries |-> Append(lost, Entry(next, "elected", new.epoch, c,
                                        Session(c), PredecessorAfter(old)))]

EndCommit(c, view, end) ==
    LET old == view.record
    IN  [kind    |-> "end",
         session |-> Session(c),
         version |-> old.version,
         names   |-> me[c].names,
         record  |-> [old EXCEPT !.version = @ + 1, !.end = end,
                                 !.next = @ + 1],
         deletes |-> view.leader # Nothing,
         entries |-> << Entry(old.next, end, old.epoch, old.candidate,
                              old.session, Nothing) >>]

\* A candidate has one request under way at most, and what it says follows from
\* what the candidate has read.
Sent == [at |-> "under way", result |-> "none"]

Body(c) ==
    IF me[c].state = "electing"
    THEN ElectCommit(c, me[c].view)
    ELSE EndCommit(c, me[c].view, me[c].ending)

\* A transaction of a leader on its own znodes carries a check of the version
\* that its election gave the record.
FencedWrite(c) ==
    [kind    |-> "write",
     session |-> Session(c),
     version |-> me[c].lease.version,
     epoch   |-> me[c].lease.epoch]

\* For a store outside. It is no request to the quorum, and outlives the session.
OutsideWrite(c) == [kind |-> "outside", epoch |-> me[c].lease.epoch]

\* Where the record cannot be written: the own leader node alone.
DropLeader(c) == [kind |-> "drop", session |-> Session(c), nonce |-> Nonce(c)]

\* Whose sender waits no longer: it may have been applied, may still be, or never.
StrayOf(c) ==
    IF me[c].request = Nothing THEN {}
    ELSE IF me[c].request.at = "under way" THEN {Body(c)} ELSE {}

-----------------------------------------------------------------------------
(***************************************************************************)
(* The quorum leader applies a request.                                    *)
(***************************************************************************)
VersionFits(b) ==
    \/ b.version = record.version
    \/ Variant = "record set without its version" /\ b.kind # "write"
    \/ Variant = "writes without the fence" /\ b.kind = "write"

Fits(b) ==
    CASE b.kind = "elect"  -> VersionFits(b) /\ leader = Nothing
      [] b.kind = "end"    -> VersionFits(b) /\ (b.deletes => leader # Nothing)
      [] b.kind = "write"  -> VersionFits(b)
      [] b.kind = "drop"   -> leader # Nothing /\ leader.nonce = b.nonce
      [] b.kind = "entry"  -> TRUE

\* An entry of an index has another name than what a foreign hand has made there
\* if it ends in something drawn at random (EntryNaming).
IsTaken(b) ==
    /\ b.kind \in {"elect", "end"} /\ b.names = "usual"
    /\ \E i \in DOMAIN b.entries : b.entries[i].index \in forged

Outcome(b) ==
    IF b.session \notin sessions THEN "expired"
    ELSE IF ~Fits(b) THEN "refused"
    ELSE IF IsTaken(b) THEN "taken" ELSE "ok"

WithoutRepetition(seq, e) ==
    IF seq # << >> /\ seq[Len(seq)] = e THEN seq ELSE Append(seq, e)

\* The history counts offices by itself: each creation of a leader node is the
\* next tenure, of the session that owns the node, and one that no commit has
\* ended was lost.
Tenures == Cardinality({ i \in DOMAIN history : history[i].event = "elected" })

HistoryAfter(b) ==
    LET last    == history[Len(history)]
        unended == history # << >> /\ last.event = "elected"
        lost    == IF unended THEN << [last EXCEPT !.event = "lost"] >> ELSE << >>
    IN  CASE b.kind = "elect" ->
                history \o lost \o
                << [event |-> "elected", epoch |-> Tenures + 1,
                    candidate |-> b.session[1], session |-> b.session] >>
          [] b.kind = "end" /\ unended ->
                Append(history, [last EXCEPT !.event = b.record.end])
          [] OTHER -> history

\* All of it changes together, or nothing does.
Apply(b) ==
    IF Outcome(b) # "ok"
    THEN UNCHANGED << record, leader, trail, forged, history, written >>
    ELSE /\ record' = IF b.kind \in {"elect", "end"}
                      THEN [b.record EXCEPT !.version = record.version + 1]
                      ELSE record
         /\ leader' = IF b.kind = "elect" THEN b.leader
                      ELSE IF b.kind = "drop" \/ (b.kind = "end" /\ b.deletes)
                      THEN Nothing ELSE leader
         /\ trail' = IF \/ b.kind = "entry"
                        \/ /\ b.kind \in {"elect", "end"}
                           /\ Variant # "audit entry in a second transaction"
                     THEN trail \o b.entries ELSE trail
         /\ forged' = { i \in forged : i >= record'.next }
         /\ history' = HistoryAfter(b)
         /\ written' = IF b.kind = "write"
                       THEN WithoutRepetition(written, b.epoch) ELSE written

ServeRequest(c) ==
    LET b == Body(c)
    IN  /\ me[c].request # Nothing /\ me[c].request.at = "under way"
        /\ Apply(b)
        /\ me' = [me EXCEPT ![c].request =
                     [at |-> "answered", result |-> Outcome(b)]]
        /\ UNCHANGED << sessions, queue, stored, strays, lagging, faults >>

ServeStray(b) ==
    /\ b.kind # "outside"
    /\ Apply(b)
    /\ strays' = strays \ {b}
    /\ UNCHANGED << sessions, queue, stored, lagging, me, faults >>

\* The store outside takes a write unless it has seen a later epoch.
ServeOutside(b) ==
    /\ b.kind = "outside"
    /\ stored' = IF stored # << >> /\ b.epoch < stored[Len(stored)]
                 THEN stored ELSE WithoutRepetition(stored, b.epoch)
    /\ strays' = strays \ {b}
    /\ UNCHANGED << record, leader, trail, sessions, queue, written, lagging, forged,
                    me, history, faults >>

-----------------------------------------------------------------------------
(***************************************************************************)
(* Steps of a candidate that several actions share (ScopeLeadership).      *)
(***************************************************************************)
Without(seq, s) == SelectSeq(seq, LAMBDA x : x # s)

AtHead(c) == queue # << >> /\ Head(queue) = Session(c)

\* Where a candidate begins that has just joined: where the plan steers, at once
\* with reading the scope.
Standing == IF Arbitration = "queue" THEN "queued" ELSE "reading"

JoinQueue(c)  == queue' = IF Arbitration = "queue"
                          THEN Append(queue, Session(c)) ELSE queue
LeaveQueue(c) == queue' = Without(queue, Session(c))

\* The lease is over before anything else is said or sent.
OverLease(m) ==
    IF m.lease = Nothing THEN m
    ELSE [m EXCEPT !.lease = Nothing]

Idle(m) ==
    [m EXCEPT !.state = "idle", !.view = Nothing, !.unknown = FALSE,
              !.leaving = FALSE, !.ending = "none", !.predecessor = Nothing,
              !.request = Nothing, !.names = "usual", !.lease = Nothing,
              !.saw = Nothing]

\* In office. The lease is "granted": it begins with an acknowledgement. It looks
\* at its leader node, and again whenever that is not what it saw last.
InOffice(c, view) ==
    [me[c] EXCEPT
              !.state = "in office", !.view = view, !.unknown = FALSE,
              !.request = Nothing, !.names = "usual", !.predecessor = Nothing,
              !.saw = LeaderNode(c, view.record.epoch),
              !.lease = [epoch |-> view.record.epoch,
                         version |-> view.record.version,
                         predecessor |-> me[c].predecessor,
                         is |-> "granted"]]

Ending(m, view, end) ==
    [OverLease(m) EXCEPT !.state = "ending", !.view = view, !.ending = end,
                         !.request = Sent, !.saw = Nothing]

EndTenure(c, view, end) ==
    /\ me' = [me EXCEPT ![c] = Ending(@, view, end)]
    /\ LeaveQueue(c)

\* An attempt that was given up and came true is resigned: no caller has use for it.
Granted(c, view) ==
    IF me[c].leaving
    THEN Ending([me[c] EXCEPT !.unknown = FALSE, !.leaving = FALSE,
                              !.names = "usual", !.predecessor = Nothing],
                view, "resigned")
    ELSE InOffice(c, view)

\* A candidate that stands for nothing, or has begun to end its tenure, leaves the
\* queue.
LeaveQueueAtEnd(c) ==
    queue' = IF me'[c].state \in {"idle", "ending"}
             THEN Without(queue, Session(c)) ELSE queue

\* What a reading may find: what is true now; what was true once, on a server
\* that lags; or a record of then and a leader node of now, since the two are read
\* one after the other. A client never sees an older record than it has seen in
\* the same session.
Readings(c) ==
    LET older == { lagging,
                   [lagging EXCEPT !.lives = lagging.record.session \in sessions],
                   [record |-> lagging.record, leader |-> leader,
                    lives |-> lagging.record.session \in sessions] }
        notBackwards(seen) ==
            IF me[c].view = Nothing THEN TRUE
            ELSE me[c].view.record.version <= seen.record.version
    IN  IF StaleReads
        THEN {Now} \cup { seen \in older : notBackwards(seen) }
        ELSE {Now}

-----------------------------------------------------------------------------
(***************************************************************************)
(* A candidate stands for the office.                                      *)
(***************************************************************************)
Join(c) ==
    /\ me[c].state = "idle"
    /\ record.epoch < MaxEpoch
    /\ me' = [me EXCEPT ![c].state = Standing, ![c].attempt = @ + 1]
    /\ JoinQueue(c)
    /\ UNCHANGED << record, leader, trail, sessions, written, stored, strays,
                    lagging, forged, history, faults >>

\* Said by the latch. A hint: it decides who tries, never who leads.
ToldHead(c) ==
    /\ me[c].state = "queued" /\ AtHead(c)
    /\ me' = [me EXCEPT ![c].state = "reading"]
    /\ UNCHANGED << record, leader, trail, sessions, queue, written, stored,
                    strays, lagging, forged, history, faults >>

\* The leader node was deleted by hand, and its leader may not know yet. It is let
\* record its end.
IsDeserted(seen) ==
    /\ Arbitration = "plan" /\ Variant # "office taken from a leader that lives"
    /\ seen.leader = Nothing /\ IsLed(seen.record) /\ seen.lives

IsOwn(c, r) == r.epoch > 0 /\ r.nonce = Nonce(c)

IsOwnNode(c, node) ==
    IF node = Nothing \/ Variant = "own leader node waited for" THEN FALSE
    ELSE node.session = Session(c)

\* Who is in office? An attempt whose outcome is not known is found by its nonce.
\* If it is not there, the same transaction is sent again, on what was read: of
\* the two copies at most one finds that version.
Decide(c, seen) ==
    LET m == me[c]
        mayStillCommit ==
            m.unknown /\ m.view.record.version = seen.record.version
    IN  IF IsOwn(c, seen.record)
        THEN [me EXCEPT ![c] = Granted(c, View(seen))]
        ELSE IF mayStillCommit /\ IsOwnNode(c, seen.leader)
        THEN me                      \* applied between the two reads: read again
        ELSE IF m.leaving /\ ~mayStillCommit
        THEN [me EXCEPT ![c] = Idle(m)]
        ELSE IF seen.leader # Nothing \/ (IsDeserted(seen) /\ ~mayStillCommit)
        THEN [me EXCEPT ![c].state = "waiting", ![c].view = View(seen),
                        ![c].unknown = mayStillCommit]
        ELSE [me EXCEPT ![c].state = "electing", ![c].view = View(seen),
                        ![c].unknown = mayStillCommit,
                        ![c].predecessor = PredecessorAfter(seen.record),
                        ![c].request = Sent]

ReadAndDecide(c, seen) ==
    /\ me[c].state = "reading"
    /\ seen.record.epoch < MaxEpoch \/ IsOwn(c, seen.record) \/ me[c].leaving
                                    \/ seen.leader # Nothing
    /\ me' = Decide(c, seen)
    /\ LeaveQueueAtEnd(c)
    /\ UNCHANGED << record, leader, trail, sessions, written, stored, strays,
                    lagging, forged, history, faults >>

ReadAgain(c) ==
    /\ me[c].state = "waiting"
    /\ me' = [me EXCEPT ![c].state = "reading"]
    /\ UNCHANGED << record, leader, trail, sessions, queue, written, stored,
                    strays, lagging, forged, history, faults >>

\* The leader node that was there when the scope was read has changed; if there was
\* none, the scope is read again after a while.
ToldChange(c) ==
    /\ ReadAgain(c)
    /\ leader # me[c].view.leader \/ me[c].view.leader = Nothing

\* The user gives up. An attempt that may still come true is carried to its end.
GiveUp(c) ==
    LET m      == me[c]
        mayYet == m.state = "electing" \/ m.unknown
    IN  /\ "give up" \in User /\ faults > 0
        /\ m.state \in {"queued", "reading", "waiting", "electing"} /\ ~m.leaving
        /\ faults' = faults - 1
        /\ IF mayYet /\ Variant # "attempt given up is forgotten"
           THEN /\ me' = [me EXCEPT ![c].leaving = TRUE]
                /\ UNCHANGED strays
           ELSE /\ me' = [me EXCEPT ![c] = Idle(m)]
                /\ strays' = strays \cup StrayOf(c)
        /\ LeaveQueueAtEnd(c)
        /\ UNCHANGED << record, leader, trail, sessions, written, stored, lagging,
                        forged, history >>

\* The user wants the office after all, while an attempt is still on its way.
JoinAgain(c) ==
    /\ me[c].leaving
    /\ me' = [me EXCEPT ![c].leaving = FALSE]
    /\ UNCHANGED << record, leader, trail, sessions, queue, written, stored,
                    strays, lagging, forged, history, faults >>

-----------------------------------------------------------------------------
(***************************************************************************)
(* Answers, and answers that never come.                                   *)
(***************************************************************************)
NoEntryYet(c) ==
    IF Variant = "audit entry in a second transaction"
    THEN { [kind |-> "entry", session |-> Session(c), entries |-> Body(c).entries] }
    ELSE {}

\* What must not be: the refusal of a second copy is taken for the news that the
\* first one was applied.
TakesRefusalForSuccess(m) ==
    /\ Variant = "retry without reading the record"
    /\ m.unknown /\ m.request.result = "refused"

\* No transition has the version that this one was sent at: so a name that is
\* taken was taken by none.
NextNames(m) ==
    IF m.request.result = "taken" /\ Variant # "taken names tried again"
    THEN "drawn" ELSE m.names

AfterElect(c) ==
    LET m == me[c]
        after == [record |-> Body(c).record, leader |-> Body(c).leader]
        next == [m EXCEPT !.state = "reading", !.request = Nothing,
                          !.names = NextNames(m),
                          !.unknown = @ \/ m.request.result = "expired"]
    IN  IF m.request.result = "ok" \/ TakesRefusalForSuccess(m)
        THEN Granted(c, after)
        ELSE IF m.leaving /\ ~next.unknown THEN Idle(m) ELSE next

AfterEnd(c) ==
    LET m == me[c]
    IN  IF m.request.result = "ok"
        THEN Idle(m)
        ELSE [m EXCEPT !.request = Nothing,   \* read how it stands, below
                       !.names = NextNames(m)]

ReceiveAnswer(c) ==
    LET m == me[c]
    IN  /\ m.request # Nothing /\ m.request.at = "answered"
        /\ me' = [me EXCEPT ![c] = IF m.state = "electing"
                                   THEN AfterElect(c) ELSE AfterEnd(c)]
        /\ strays' = IF m.request.result = "ok"
                     THEN strays \cup NoEntryYet(c) ELSE strays
        /\ LeaveQueueAtEnd(c)
        /\ UNCHANGED << record, leader, trail, sessions, written, stored, lagging,
                        forged, history, faults >>

\* Without its answer.
Unanswered(m) ==
    CASE m.request = Nothing -> m
      [] m.state = "ending" -> [m EXCEPT !.request = Nothing]
      [] Variant = "retry without reading the record" ->
           [m EXCEPT !.unknown = TRUE, !.request = Sent]
      [] Variant = "retry with another nonce" ->
           [m EXCEPT !.state = "reading", !.request = Nothing,
                     !.unknown = TRUE, !.attempt = @ + 1]
      [] OTHER ->
           [m EXCEPT !.state = "reading", !.request = Nothing,
                     !.unknown = TRUE]

LoseAnswer(c) ==
    LET m == me[c]
    IN  /\ m.request # Nothing /\ faults > 0
        /\ faults' = faults - 1
        /\ strays' = strays \cup StrayOf(c)
        /\ me' = [me EXCEPT ![c] = Unanswered(m)]
        /\ UNCHANGED << record, leader, trail, sessions, queue, written, stored,
                        lagging, forged, history >>

-----------------------------------------------------------------------------
(***************************************************************************)
(* In office.                                                              *)
(***************************************************************************)
Holds(c) == me[c].lease # Nothing /\ me[c].lease.is \in {"held", "unattended"}

\* With the quorum's acknowledgement, which a dead session no longer gets; a late
\* one is worth nothing by then.
BeginLease(c) ==
    /\ me[c].lease # Nothing /\ me[c].lease.is = "granted"
    /\ LeasesInTime => Session(c) \in sessions
    /\ me' = [me EXCEPT ![c].lease.is = "held"]
    /\ UNCHANGED << record, leader, trail, sessions, queue, written, stored,
                    strays, lagging, forged, history, faults >>

\* The working thread hangs, or the quorum does not answer.
LeaseRunsOut(c) ==
    /\ Holds(c) /\ faults > 0
    /\ faults' = faults - 1
    /\ me' = [me EXCEPT ![c].lease.is = "ran out"]
    /\ UNCHANGED << record, leader, trail, sessions, queue, written, stored,
                    strays, lagging, forged, history >>

\* The working thread has ended: the lease is held for a while, and not renewed.
EndThread(c) ==
    /\ "end thread" \in User /\ faults > 0
    /\ Holds(c) /\ me[c].lease.is = "held"
    /\ faults' = faults - 1
    /\ me' = [me EXCEPT ![c].lease.is = "unattended"]
    /\ UNCHANGED << record, leader, trail, sessions, queue, written, stored,
                    strays, lagging, forged, history >>

UnattendedRunsOut(c) ==
    /\ me[c].lease # Nothing /\ me[c].lease.is = "unattended"
    /\ Variant # "renewed for a thread that has ended"
    /\ me' = [me EXCEPT ![c].lease.is = "ran out"]
    /\ UNCHANGED << record, leader, trail, sessions, queue, written, stored,
                    strays, lagging, forged, history, faults >>

Lapse(c) ==
    /\ me[c].state = "in office" /\ me[c].lease.is = "ran out"
    /\ EndTenure(c, me[c].view, "lapsed")
    /\ UNCHANGED << record, leader, trail, sessions, written, stored, strays,
                    lagging, forged, history, faults >>

\* By itself, or because its task threw.
Resign(c) ==
    /\ me[c].state = "in office" /\ faults > 0
    /\ faults' = faults - 1
    /\ \E end \in {"resigned", "failed"} : EndTenure(c, me[c].view, end)
    /\ UNCHANGED << record, leader, trail, sessions, written, stored, strays,
                    lagging, forged, history >>

\* Beside the own record there may be no node, if an operator deleted it, or already
\* that of the next leader.
IsRevoked(c, seen) ==
    IF seen.leader = Nothing THEN TRUE
    ELSE \/ seen.leader.word = "revoke"
         \/ /\ seen.leader.nonce # Nonce(c)
            /\ Variant # "node of the next leader passed over"

\* Looks at the scope again after its leader node has changed.
ReadOffice(c, seen) ==
    /\ me[c].state = "in office" /\ leader # me[c].saw
    /\ \/ /\ ~IsOwn(c, seen.record)
          /\ me' = [me EXCEPT ![c] = Idle(@)]
          /\ LeaveQueue(c)
          /\ strays' = strays \cup {DropLeader(c)}
       \/ /\ IsOwn(c, seen.record)
          /\ IsRevoked(c, seen)
          /\ EndTenure(c, View(seen), "revoked")
          /\ UNCHANGED strays
       \/ /\ IsOwn(c, seen.record)
          /\ ~IsRevoked(c, seen)
          /\ me' = [me EXCEPT ![c].saw = seen.leader]
          /\ UNCHANGED << queue, strays >>
    /\ UNCHANGED << record, leader, trail, sessions, written, stored, lagging, forged,
                    history, faults >>

\* The outcome of the ending transaction is not known, or the scope had changed.
ReadEnding(c, seen) ==
    LET m == me[c]
    IN  /\ m.state = "ending" /\ m.request = Nothing
        /\ me' = [me EXCEPT ![c] =
             IF IsOwn(c, seen.record) /\ IsLed(seen.record)
             THEN [m EXCEPT !.view = View(seen), !.request = Sent]
             ELSE Idle(m)]
        /\ UNCHANGED << record, leader, trail, sessions, queue, written, stored,
                        strays, lagging, forged, history, faults >>

\* A lease that is held when the write is sent may be over when it arrives: that
\* is what the fence is for.
Write(c) ==
    /\ Writes /\ Holds(c)
    /\ \E b \in {FencedWrite(c), OutsideWrite(c)} :
           b \notin strays /\ strays' = strays \cup {b}
    /\ UNCHANGED << record, leader, trail, sessions, queue, written, stored,
                    lagging, forged, me, history, faults >>

-----------------------------------------------------------------------------
(***************************************************************************)
(* Sessions, servers, operators.                                           *)
(***************************************************************************)

\* The quorum leader ends a session: its nodes go. A candidate's last session
\* stays, which is the same as one that ends and is never missed.
EndSession(s) ==
    /\ s \in sessions /\ s[2] < MaxSessions
    /\ sessions' = sessions \ {s}
    /\ leader' = IF leader # Nothing /\ leader.session = s THEN Nothing ELSE leader
    /\ queue' = Without(queue, s)
    /\ strays' = { b \in strays : b.kind = "outside" \/ b.session # s }
    /\ me' = IF LeasesInTime /\ Session(s[1]) = s /\ Holds(s[1])
             THEN [me EXCEPT ![s[1]].lease.is = "ran out"]
             ELSE me
    /\ UNCHANGED << record, trail, written, stored, lagging, forged, history, faults >>

\* A candidate learns that its session is gone, or gives up its handle, and has
\* another session.
NewSession(c) ==
    LET m    == me[c]
        lost == m.state \in {"in office", "ending"}
        next == IF lost \/ m.state = "idle" \/ m.leaving THEN Idle(m)
                ELSE [Idle(m) EXCEPT !.state = Standing, !.attempt = @ + 1]
    IN  /\ m.session < MaxSessions
        /\ IF Session(c) \in sessions
           THEN faults > 0 /\ faults' = faults - 1
           ELSE UNCHANGED faults
        /\ me' = [me EXCEPT ![c] = [next EXCEPT !.session = @ + 1, !.away = FALSE]]
        /\ sessions' = sessions \cup { << c, m.session + 1 >> }
        /\ strays' = IF Session(c) \in sessions
                     THEN strays \cup StrayOf(c) ELSE strays
        /\ queue' = IF next.state = "queued"
                    THEN Append(queue, << c, m.session + 1 >>) ELSE queue
        /\ UNCHANGED << record, leader, trail, written, stored, lagging, forged,
                        history >>

\* The client has no handle at the moment, which says nothing of the session. Answers
\* are lost, and nothing is read or sent until there is a handle again: of the same
\* session, or of a new one.
HandleGoes(c) ==
    LET m     == me[c]
        still == IF Variant # "handle away taken for an ended session"
                 THEN Unanswered(m)
                 ELSE IF m.state \in {"idle", "in office", "ending"}
                 THEN Idle(m)
                 ELSE [Idle(m) EXCEPT !.state = Standing]
    IN  /\ "handle" \in User /\ faults > 0 /\ ~m.away
        /\ faults' = faults - 1
        /\ strays' = strays \cup StrayOf(c)
        /\ me' = [me EXCEPT ![c] = [still EXCEPT !.away = TRUE]]
        /\ UNCHANGED << record, leader, trail, sessions, queue, written, stored,
                        lagging, forged, history >>

HandleReturns(c) ==
    /\ me[c].away
    /\ me' = [me EXCEPT ![c].away = FALSE]
    /\ UNCHANGED << record, leader, trail, sessions, queue, written, stored,
                    strays, lagging, forged, history, faults >>

\* The server that lags catches up, for a moment.
CatchUp ==
    /\ StaleReads /\ lagging # Now
    /\ lagging' = Now
    /\ UNCHANGED << record, leader, trail, forged, sessions, queue, written,
                    stored, strays, me, history, faults >>

OperatorRevokes ==
    /\ "revoke" \in Operator /\ faults > 0
    /\ leader # Nothing /\ leader.word # "revoke"
    /\ leader' = [leader EXCEPT !.word = "revoke"]
    /\ faults' = faults - 1
    /\ UNCHANGED << record, trail, sessions, queue, written, stored, strays,
                    lagging, forged, me, history >>

OperatorDeletes ==
    /\ "delete" \in Operator /\ faults > 0
    /\ leader # Nothing
    /\ leader' = Nothing
    /\ faults' = faults - 1
    /\ UNCHANGED << record, trail, sessions, queue, written, stored, strays,
                    lagging, forged, me, history >>

\* Its latch queues again, behind all others.  No fault: the queue is but a hint.
OperatorUnqueues ==
    /\ "unqueue" \in Operator
    /\ \E i \in 1..(Len(queue) - 1) :
           queue' = Append(Without(queue, queue[i]), queue[i])
    /\ UNCHANGED << record, leader, trail, sessions, written, stored, strays,
                    lagging, forged, me, history, faults >>

\* A client that may add to the trail makes znodes of all the usual names of an entry to
\* come. What ends in something drawn at random cannot be made ahead.
ForeignEntries ==
    /\ "forge" \in Operator /\ faults > 0
    /\ \E i \in {record.next, record.next + 1} \ forged :
           forged' = forged \cup {i}
    /\ faults' = faults - 1
    /\ UNCHANGED << record, leader, trail, sessions, queue, written, stored,
                    strays, lagging, me, history >>

-----------------------------------------------------------------------------
StepWithHandle(c) ==
    \/ Join(c) \/ JoinAgain(c) \/ GiveUp(c) \/ ToldHead(c) \/ ToldChange(c)
    \/ \E seen \in Readings(c) :
          ReadAndDecide(c, seen) \/ ReadOffice(c, seen) \/ ReadEnding(c, seen)
    \/ ReceiveAnswer(c) \/ LoseAnswer(c)
    \/ BeginLease(c) \/ Lapse(c) \/ Resign(c) \/ Write(c)

CandidateStep(c) ==
    \/ ~me[c].away /\ StepWithHandle(c)
    \/ LeaseRunsOut(c) \/ EndThread(c) \/ UnattendedRunsOut(c)
    \/ HandleGoes(c) \/ HandleReturns(c) \/ NewSession(c)

ServerStep ==
    \/ \E c \in Candidates : ServeRequest(c)
    \/ \E b \in strays : ServeStray(b) \/ ServeOutside(b)
    \/ \E s \in sessions : EndSession(s)
    \/ CatchUp

OperatorStep ==
    OperatorRevokes \/ OperatorDeletes \/ OperatorUnqueues \/ ForeignEntries

Next == (\E c \in Candidates : CandidateStep(c)) \/ ServerStep \/ OperatorStep

Spec == Init /\ [][Next]_vars

Symmetry == Permutations(Candidates)

\* Nothing is late for ever: requests are served and answered, timers and watches
\* fire, a server that lags catches up, a session is ended that no client keeps. Faults
\* need not happen.
Progress(c) ==
    \/ /\ ~me[c].away
       /\ \/ Join(c) \/ ToldHead(c) \/ ToldChange(c)
          \/ ReadAndDecide(c, Now) \/ ReadOffice(c, Now) \/ ReadEnding(c, Now)
          \/ ReceiveAnswer(c) \/ BeginLease(c) \/ Lapse(c)
    \/ ServeRequest(c) \/ UnattendedRunsOut(c) \/ HandleReturns(c)

LearnOfEnd(c) == Session(c) \notin sessions /\ NewSession(c)

EndGivenUp(c) ==
    \E n \in 1..(MaxSessions - 1) : me[c].session > n /\ EndSession(<< c, n >>)

Fairness ==
    /\ WF_vars(CatchUp)
    /\ \A c \in Candidates :
           WF_vars(Progress(c)) /\ WF_vars(LearnOfEnd(c)) /\ WF_vars(EndGivenUp(c))

FairSpec == Spec /\ Fairness

-----------------------------------------------------------------------------
(***************************************************************************)
(* What must hold.                                                         *)
(***************************************************************************)

\* At most one lease is held at any instant.
LeaseExclusive ==
    \A c, d \in Candidates : Holds(c) /\ Holds(d) => c = d

\* The office is the record's: whose node there is, and at which epoch.
OfficeIsRecorded ==
    leader # Nothing =>
        /\ IsLed(record)
        /\ leader.nonce = record.nonce /\ leader.epoch = record.epoch

\* The office of a session that its candidate has belongs to a tenure, to an attempt
\* that is not forgotten, or is to be deleted.
OfficeHasHolder ==
    leader # Nothing =>
        LET c == leader.candidate
        IN  \/ leader.session # Session(c)
            \/ me[c].state # "idle" /\ leader.nonce = Nonce(c)
            \/ \E b \in strays : b.kind = "drop" /\ b.nonce = leader.nonce

\* Epochs grow by one from each tenure to the next.
EpochsDense ==
    /\ record.epoch = Tenures
    /\ LET elected == SelectSeq(trail, LAMBDA e : e.event = "elected")
       IN  \A i \in DOMAIN elected : elected[i].epoch = i

\* Each transition stands in the trail exactly once, and it is what happened.
TrailIsHistory ==
    /\ [ i \in DOMAIN trail |->
           [event |-> trail[i].event, epoch |-> trail[i].epoch,
            candidate |-> trail[i].candidate, session |-> trail[i].session] ]
       = history
    /\ \A i \in DOMAIN trail : trail[i].index = i
    /\ record.next = Len(trail) + 1

Ascending(seq) == \A i \in 1..(Len(seq) - 1) : seq[i] < seq[i + 1]

\* No store ever takes a write of an earlier epoch after one of a later.
FencedWritesInOrder == Ascending(written) /\ Ascending(stored)

\* What predecessor() says, and the trail repeats, is how the tenure before ended.
EndOf(epoch) ==
    LET i == CHOOSE j \in DOMAIN history :
                 history[j].epoch = epoch /\ history[j].event # "elected"
    IN  [candidate |-> history[i].candidate, epoch |-> epoch,
         end |-> history[i].event]

TruePredecessor(epoch, said) ==
    IF epoch = 1
    THEN said = Nothing
    ELSE \/ \* It is no longer known whether the election stands in the history.
            epoch > Tenures
         \/ said = EndOf(epoch - 1)

PredecessorIsTrue ==
    /\ \A c \in Candidates :
           me[c].lease # Nothing =>
               TruePredecessor(me[c].lease.epoch, me[c].lease.predecessor)
    /\ \A i \in DOMAIN trail :
           trail[i].event = "elected" =>
               TruePredecessor(trail[i].epoch, trail[i].predecessor)

(***************************************************************************)
(* What must come about: after any history, once faults stop, a candidate  *)
(* ends up in office with a lease, and stays.                              *)
(***************************************************************************)
Leads(c) ==
    /\ Holds(c) /\ me[c].lease.is = "held"
    /\ leader # Nothing /\ leader.nonce = Nonce(c)

SomebodyLeads == <>[](\E c \in Candidates : Leads(c))

\* A candidate that is no longer in office, or no longer works, does not hold its
\* lease for ever. Candidates are alike, so one of them is watched for all.
LosersLearn ==
    LET c == CHOOSE one \in Candidates : TRUE
    IN  (Holds(c) /\ ~Leads(c)) ~> ~Holds(c)

(***************************************************************************)
(* What must be reachable, or the above would hold for no good reason. A   *)
(* run prints each of these when it gets there first, and the build        *)
(* expects them, where a configuration allows them.                        *)
(***************************************************************************)
ASSUME \A i \in 1..17 : TLCSet(i, FALSE)

Reached(i, what, here) ==
    here /\ ~TLCGet(i) => TLCSet(i, TRUE) /\ PrintT("reached: " \o what)

InTrail(event) == \E i \in DOMAIN trail : trail[i].event = event

Outdated(b) == b.kind # "drop" /\ b.kind # "outside" /\ b.version # record.version

Reachable ==
    /\ Reached(1, "a second tenure", Tenures = 2)
    /\ Reached(2, "a third tenure", Tenures = 3)
    /\ Reached(3, "resigned", InTrail("resigned"))
    /\ Reached(4, "lapsed", InTrail("lapsed"))
    /\ Reached(5, "revoked", InTrail("revoked"))
    /\ Reached(6, "lost", InTrail("lost"))
    /\ Reached(7, "an election of unknown outcome that was applied",
               \E c \in Candidates :
                   me[c].state = "reading" /\ me[c].unknown
                   /\ IsOwn(c, record) /\ IsLed(record))
    /\ Reached(8, "a first copy that was applied after the second was sent",
               \E c \in Candidates :
                   me[c].state = "electing" /\ me[c].unknown
                   /\ me[c].request.at = "under way"
                   /\ IsOwn(c, record) /\ IsLed(record))
    /\ Reached(9, "a request that comes too late",
               \E b \in strays : Outdated(b))
    /\ Reached(10, "a leader that holds a lease without its node",
               \E c \in Candidates :
                   Holds(c) /\ Session(c) \in sessions /\ ~Leads(c))
    /\ Reached(11, "a lease that outlives its session",
               \E c \in Candidates : Holds(c) /\ Session(c) \notin sessions)
    /\ Reached(12, "a store that has seen two epochs",
               Len(written) = 2 /\ Len(stored) = 2)
    /\ Reached(13, "failed", InTrail("failed"))
    /\ Reached(14, "an attempt that came true after it was given up",
               \E c \in Candidates :
                   me[c].leaving /\ IsOwn(c, record) /\ IsLed(record))
    /\ Reached(15, "a leader whose client has no handle at the moment",
               \E c \in Candidates :
                   me[c].away /\ Leads(c))
    /\ Reached(16, "a leader whose thread has ended",
               \E c \in Candidates :
                   me[c].lease # Nothing /\ me[c].lease.is = "unattended")
    /\ Reached(17, "a transition under a drawn name",
               \E c \in Candidates :
                   /\ me[c].names = "drawn" /\ me[c].request # Nothing
                   /\ me[c].request.at = "answered"
                   /\ me[c].request.result = "ok")

=============================================================================
