------------------------------- MODULE Lease -------------------------------
(***************************************************************************)
(* The lease of one leader, in time.                                       *)
(*                                                                         *)
(* The module Tenure takes one thing for granted: when the quorum leader   *)
(* ends a session, the lease that was held in that session has run out.    *)
(* This module says why.  It looks at one candidate, "we", through one     *)
(* tenure, and is exact about what passes between its clock and the        *)
(* quorum leader's idea of its session.  The other candidates are one,     *)
(* "other", as bad as can be: it takes the office the instant that it is   *)
(* vacant, and its lease is held from its commit on.                       *)
(*                                                                         *)
(* Parts, and where each stands in the code:                               *)
(*                                                                         *)
(*   the quorum leader   session, left, office                             *)
(*   our server          link, ping, touched: a follower, which tells the  *)
(*                       quorum leader whom it has heard from only inside  *)
(*                       its answers to pings                              *)
(*   the server before   before                                            *)
(*   our connection      contact, op: at most one local read and one       *)
(*                       quorum operation are under way (Monitor)          *)
(*   our evidence        evidence, anchor, inForce, since (QuorumEvidence) *)
(*   our lease           tenure, progress (LeaseBounds, HeldLease)         *)
(*                                                                         *)
(* The timeout.  A server grants its own to a session that comes to it     *)
(* from another, and reports it together with the session: the quorum      *)
(* leader goes by what it was told last.  The server before may have a     *)
(* report to make yet.  A new quorum leader knows only the timeout that    *)
(* the session was created with.                                           *)
(*                                                                         *)
(* Time.  One action, Tick, lets one unit pass for all parties.  It is     *)
(* enabled in every state, however late all of us are: so any pause        *)
(* between any two steps is a behaviour.  The only thing that must be in   *)
(* time is a follower's answer to a ping, and that is the assumption that  *)
(* a user makes by choosing the margin.  All times are ages: how many      *)
(* ticks ago it was.                                                       *)
(*                                                                         *)
(* Clocks.  Ages are true; a candidate sees them through its clock, which  *)
(* may show n ticks as anything from n - Drift to n + Drift.  The          *)
(* invariants take the slowest clock, the actions whichever they like.     *)
(***************************************************************************)
EXTENDS Integers, Sequences, TLC

CONSTANTS
    SessionTimeout,  \* that the session was created with
    Timeouts,        \* what servers grant to a session that comes to them
    GrantsArrive,    \* whether we are told of each timeout that a server has granted
    AckInterval,     \* the age up to which an acknowledgement is young
    HalfTick,        \* tickTime/2: how often the quorum leader pings
    Allowance,       \* the rest of the margin
    LeaseDuration,   \* of the progress bound; 0 leaves that bound out
    PingLate,        \* how late an answer to a ping is at most
    Drift,           \* how wrong a clock is at most, within one session timeout
    Variant          \* "as built", or the name of something to break

Variants ==
    { "as built",
      "clock starts at the reply",
      "margin without the ack interval",
      "a read acknowledges",
      "background renewal",
      "every acknowledgement counts from its send time",
      "a contact counts from its send time",
      "the first timeout counts",
      "a longer timeout counts at once",
      "a longer timeout than the first counts" }

(***************************************************************************)
(* The terms of the lease: LeaseTerms and QuorumEvidence.                  *)
(***************************************************************************)
Margin ==
    IF Variant = "margin without the ack interval"
    THEN HalfTick + Allowance
    ELSE AckInterval + HalfTick + Allowance

ShareOf(timeout) == timeout - Margin   \* what an acknowledgement is worth
Settle == HalfTick + Allowance         \* a contact this old has been told of
Spared == AckInterval + HalfTick       \* how old it may be at no cost

ASSUME /\ Variant \in Variants
       /\ HalfTick > 0
       /\ \E t \in Timeouts \cup {SessionTimeout} :
              t - (AckInterval + HalfTick + Allowance) > AckInterval

PingDue == HalfTick + PingLate

Longest ==
    IF Variant = "a longer timeout than the first counts"
    THEN CHOOSE t \in Timeouts : \A u \in Timeouts : u <= t
    ELSE SessionTimeout

VARIABLES
    session,   \* "live" or "ended": ours, in the quorum leader's table
    left,      \* how much longer the quorum leader keeps it
    office,    \* whose leader node there is: "vacant", "we" or "other"
    link,      \* "up", or "cut": our server has no quorum, and answers reads
    ping,      \* how long ago our server last answered a ping
    touched,   \* whether it has heard from us since
    granted,   \* the timeout that it has granted, or the last one that we had
    before,    \* what the server before has not told yet
    contact,   \* the local read under way
    op,        \* the quorum operation under way
    evidence,  \* the contact that the next acknowledgement is held against
    anchor,    \* from when the session bound is charged
    told,      \* the timeout that we were told of last
    inForce,   \* the timeout that the session bound counts with
    since,     \* how long ago the first answer on the present connection came
    tenure,    \* "none", "committed", "held", "over": as we know it
    progress,  \* when the progress bound was moved
    worked     \* when the working thread last really did something

vars == << session, left, office, link, ping, touched, granted, before,
           contact, op, evidence, anchor, told, inForce, since,
           tenure, progress, worked >>

server == << session, left, office, link, ping, touched, granted, before >>
terms  == << told, inForce, since >>
ours   == << contact, op, evidence, anchor, terms, tenure, progress, worked >>

Nothing == [at |-> "nowhere"]          \* no request, no evidence, no anchor

\* Of the time since the first answer on a connection: none has come, or no longer
\* timeout waits to be in force.
NotAnswered == -1
NotAwaited  == -2

\* An age above this no longer makes a difference.
AnchorMatters   == ShareOf(Longest) + Drift
EvidenceMatters == AnchorMatters + Spared

SinceMatters    == Settle + Drift

Max(a, b) == IF a > b THEN a ELSE b
Min(a, b) == IF a < b THEN a ELSE b

\* A run prints what it has reached, see Reachable.
ASSUME \A i \in 1..7 : TLCSet(i, FALSE)

Reached(i, what, here) ==
    here /\ ~TLCGet(i) => TLCSet(i, TRUE) /\ PrintT("reached: " \o what)

(***************************************************************************)
(* What our clock may say of two ages.                                     *)
(***************************************************************************)
MayShowLess(age, than)    == age - Drift < than
MayShowAtLeast(age, than) == age + Drift >= than

SessionBoundLeft  == anchor # Nothing /\ MayShowLess(anchor.age, ShareOf(inForce))
ProgressBoundLeft == LeaseDuration = 0 \/ MayShowLess(progress, LeaseDuration)

\* By the slowest clock that the assumption allows, something remains.
Held == tenure = "held" /\ SessionBoundLeft /\ ProgressBoundLeft

Init ==
    /\ session = "live"   /\ left = SessionTimeout
    /\ office = "vacant"
    /\ granted = SessionTimeout /\ before = Nothing
    /\ told = SessionTimeout /\ inForce = SessionTimeout /\ since = NotAwaited
    /\ link = "up"        /\ ping = 0         /\ touched = FALSE
    /\ contact = Nothing  /\ op = Nothing
    /\ evidence = Nothing /\ anchor = Nothing
    /\ tenure = "none"    /\ progress = 0     /\ worked = 0

-----------------------------------------------------------------------------
(***************************************************************************)
(* Time.                                                                   *)
(***************************************************************************)
OlderRequest(r) ==
    IF r = Nothing THEN r ELSE [r EXCEPT !.age = Min(@ + 1, EvidenceMatters)]

OlderEvidence ==
    IF evidence = Nothing \/ evidence.sent + 1 >= EvidenceMatters
    THEN Nothing
    ELSE [evidence EXCEPT !.sent = @ + 1,
                          !.answered = IF evidence.settled THEN 0 ELSE @ + 1]

OlderAnchor ==
    IF anchor = Nothing \/ anchor.age + 1 >= AnchorMatters
    THEN Nothing
    ELSE [anchor EXCEPT !.age = @ + 1]

OlderProgress(age) ==
    IF LeaseDuration = 0 \/ tenure # "held"
    THEN 0
    ELSE Min(age + 1, LeaseDuration + Drift)

Tick ==
    /\ link = "up" => ping < PingDue
    /\ before # Nothing => before.ping < PingDue
    /\ left'     = Max(left - 1, 0)
    /\ ping'     = IF link = "up" THEN ping + 1 ELSE 0
    /\ contact'  = OlderRequest(contact)
    /\ op'       = OlderRequest(op)
    /\ evidence' = OlderEvidence
    /\ anchor'   = OlderAnchor
    /\ progress' = OlderProgress(progress)
    /\ worked'   = OlderProgress(worked)
    /\ before'   = IF before = Nothing THEN before ELSE [before EXCEPT !.ping = @ + 1]
    /\ since'    = IF since < 0 THEN since ELSE Min(since + 1, SinceMatters)
    /\ UNCHANGED << session, office, link, touched, granted, told, inForce, tenure >>

-----------------------------------------------------------------------------
(***************************************************************************)
(* The servers.                                                            *)
(***************************************************************************)

\* The follower answers a ping, and says with it whom it has heard from. The
\* quorum leader counts the session's time from when that arrives.
AnswerPing ==
    /\ link = "up"
    /\ ping > 0 \/ touched
    /\ ping' = 0
    /\ left' = IF touched /\ session = "live" THEN granted ELSE left
    /\ touched' = FALSE
    /\ UNCHANGED << session, office, link, granted, before >> /\ UNCHANGED ours

\* So does the server that we have left.
AnswerPingBefore ==
    /\ before # Nothing
    /\ left' = IF session = "live" THEN before.timeout ELSE left
    /\ before' = Nothing
    /\ UNCHANGED << session, office, link, ping, touched, granted >>
    /\ UNCHANGED ours

\* Our server loses the quorum: a follower that is cut off, or a quorum leader
\* that has been deposed and does not know. It goes on to answer reads.
Cut ==
    /\ link = "up"
    /\ link' = "cut" /\ ping' = 0 /\ touched' = FALSE
    /\ UNCHANGED << session, left, office, granted, before >> /\ UNCHANGED ours

\* A new quorum leader gives each session the timeout anew that it was created
\* with. Servers drop their clients when they lose their quorum leader.
NewQuorumLeader ==
    /\ session = "live"
    /\ left' = SessionTimeout
    /\ link' = "cut" /\ ping' = 0 /\ touched' = FALSE /\ before' = Nothing
    /\ UNCHANGED << session, office, granted >> /\ UNCHANGED ours

\* It may take its time, but it never ends a session early. The session's
\* leader node goes with it.
EndSession ==
    /\ session = "live"
    /\ left = 0
    /\ session' = "ended"
    /\ office' = IF office = "we" THEN "vacant" ELSE office
    /\ link' = "cut" /\ ping' = 0 /\ touched' = FALSE /\ before' = Nothing
    /\ UNCHANGED << left, granted >> /\ UNCHANGED ours

OtherIsElected ==
    /\ office = "vacant"
    /\ office' = "other"
    /\ UNCHANGED << session, left, link, ping, touched, granted, before >>
    /\ UNCHANGED ours

OtherEnds ==
    /\ office = "other"
    /\ office' = "vacant"
    /\ UNCHANGED << session, left, link, ping, touched, granted, before >>
    /\ UNCHANGED ours

-----------------------------------------------------------------------------
(***************************************************************************)
(* The connection: local reads, which any server answers by itself.        *)
(***************************************************************************)
InUse == tenure # "over"

\* A timeout that is longer than the one in force waits for a contact to be settled
\* that was sent after all that the server before may report.
\* What it must report in this tick it has reported by then.
IsLate ==
    /\ since >= 0 /\ MayShowAtLeast(since, Settle)
    /\ before # Nothing => before.ping < PingDue

SinceAfter(raised) ==
    IF raised THEN NotAwaited
    ELSE IF since = NotAnswered THEN 0 ELSE since

\* The monitor sends one every half ack interval. The model lets it send one
\* whenever it likes, or never: the process may be stopped.
SendContact ==
    /\ InUse /\ contact = Nothing
    /\ contact' = [at |-> "under way", age |-> 0, late |-> IsLate]
    /\ UNCHANGED server
    /\ UNCHANGED << op, evidence, anchor, terms, tenure, progress, worked >>

ServeContact ==
    /\ contact # Nothing /\ contact.at = "under way"
    /\ contact' = [contact EXCEPT !.at = "answered"]
    /\ touched' = (link = "up")
    /\ UNCHANGED << session, left, office, link, ping, granted, before >>
    /\ UNCHANGED << op, evidence, anchor, terms, tenure, progress, worked >>

\* What proves that a request reached our server by a certain time is that its
\* answer was there by then. When it was sent proves nothing: it may have been held
\* up on its way.
AsEvidence(age, late) ==
    [sent     |-> age,
     answered |-> IF Variant = "a contact counts from its send time"
                  THEN age ELSE 0,
     settled  |-> FALSE,
     late     |-> late]

InForceAfter(raised) == IF raised THEN Min(told, Longest) ELSE inForce

\* The code keeps a dozen contacts and takes the newest that is old enough.
\* Here one is kept, and whether it makes way for a newer one is left
\* open: so each choice that the code could make is a behavior.
MayKeep(r) == r.age < EvidenceMatters /\ evidence' = AsEvidence(r.age, r.late)

ReceiveContact ==
    /\ contact # Nothing /\ contact.at = "answered"
    /\ contact' = Nothing
    /\ UNCHANGED evidence \/ MayKeep(contact)
    /\ anchor' = IF Variant = "a read acknowledges" /\ contact.age < AnchorMatters
                 THEN [age |-> contact.age]
                 ELSE anchor
    /\ since' = SinceAfter(FALSE)
    /\ UNCHANGED server
    /\ UNCHANGED << op, told, inForce, tenure, progress, worked >>

(***************************************************************************)
(* The connection: quorum operations. The elect transaction is one, and    *)
(* the check-only transaction of a renewal is another.                     *)
(***************************************************************************)
Send(kind) ==
    op' = [at |-> "under way", kind |-> kind, age |-> 0, late |-> IsLate]

SendElect ==
    /\ tenure = "none" /\ op = Nothing
    /\ Send("elect")
    /\ UNCHANGED server
    /\ UNCHANGED << contact, evidence, anchor, terms, tenure, progress, worked >>

\* renew(), on the working thread; or LeaseStart, before there is a lease.
SendCheck ==
    /\ tenure \in {"committed", "held"} /\ op = Nothing
    /\ tenure = "held" => SessionBoundLeft /\ ProgressBoundLeft
    /\ Send("check")
    /\ progress' = 0 /\ worked' = 0
    /\ UNCHANGED server
    /\ UNCHANGED << contact, evidence, anchor, terms, tenure >>

\* The quorum applies the operation. That the session is alive is checked, and
\* it is not prolonged: only our server is touched. A ping that is due in this
\* tick is answered ahead of the operation, on the same stream.
ServeOp ==
    /\ op # Nothing /\ op.at = "under way"
    /\ link = "up" /\ ping < PingDue /\ session = "live"
    /\ touched' = TRUE
    /\ IF op.kind = "elect" /\ office # "vacant"
       THEN op' = [op EXCEPT !.at = "refused"]
       ELSE op' = [op EXCEPT !.at = "applied"]
    /\ office' = IF op.kind = "elect" /\ office = "vacant" THEN "we" ELSE office
    /\ UNCHANGED << session, left, link, ping, granted, before >>
    /\ UNCHANGED << contact, evidence, anchor, terms, tenure, progress, worked >>

\* A contact that was answered long enough before the operation was sent has
\* been told to the quorum leader ahead of the operation.
Settled ==
    /\ evidence # Nothing
    /\ \/ evidence.settled
       \/ MayShowAtLeast(evidence.answered - op.age, Settle)

\* Charged from the send time, or from the settled contact where that is older
\* than the margin has room for.
Charged ==
    IF Variant = "clock starts at the reply"
    THEN 0
    ELSE IF Variant = "every acknowledgement counts from its send time"
    THEN op.age
    ELSE Max(op.age, evidence.sent - Spared)

Anchored ==
    IF ~Settled /\ Variant # "every acknowledgement counts from its send time"
    THEN anchor
    ELSE IF Charged >= AnchorMatters \/ (anchor # Nothing /\ anchor.age <= Charged)
    THEN anchor
    ELSE [age |-> Charged]

ReceiveOp ==
    /\ op # Nothing /\ op.at \in {"applied", "refused"}
    /\ op' = Nothing
    /\ anchor' = Anchored
    /\ \/ evidence' = IF Settled
                      THEN [evidence EXCEPT !.settled = TRUE, !.answered = 0,
                                            !.late = FALSE]
                      ELSE evidence
       \/ MayKeep(op)          \* the operation is a contact itself
    /\ tenure' = IF op.kind = "elect" /\ op.at = "applied"
                 THEN "committed" ELSE tenure
    /\ inForce' = InForceAfter(Settled /\ evidence.late)
    /\ since' = SinceAfter(Settled /\ evidence.late)
    /\ Reached(7, "a longer timeout is in force again", inForce' > inForce)
    /\ UNCHANGED server
    /\ UNCHANGED << contact, told, progress, worked >>

\* The connection is lost, and with it the answers. What was under way may have
\* been applied; it is not applied later (Tenure has it that it is). What is
\* settled stays settled.
LoseConnection ==
    /\ contact' = Nothing /\ op' = Nothing
    /\ UNCHANGED << anchor, tenure, progress, worked >>

\* We connect to another server. The quorum leader is asked whether the session
\* lives, and so hears of it; the new server's next ping is a full period away.
Moves(timeout) ==
    /\ InUse /\ session = "live"
    /\ LoseConnection
    /\ left' = timeout /\ granted' = timeout
    /\ ping' = 0 /\ touched' = FALSE
    /\ before' \in { before, Nothing } \cup
                     IF touched /\ Timeouts # {SessionTimeout}
                     THEN {[timeout |-> granted, ping |-> ping]} ELSE {}
    /\ UNCHANGED << session, office >>

\* What was answered before is settled with it. A shorter timeout is in force at once.
Reconnect(timeout) ==
    /\ Moves(timeout)
    /\ link' = "up"
    /\ told' = timeout
    /\ inForce' =
         CASE Variant = "the first timeout counts" -> SessionTimeout
           [] Variant = "a longer timeout counts at once" ->
                Min(timeout, SessionTimeout)
           [] OTHER -> Min(inForce, timeout)
    /\ since' = IF inForce' < Min(timeout, Longest) THEN NotAnswered ELSE NotAwaited
    /\ evidence' = IF evidence = Nothing THEN evidence
                   ELSE [evidence EXCEPT !.settled = TRUE, !.answered = 0,
                                         !.late = FALSE]

\* The same, and the answer is lost: the timeout is another, and we cannot know.
ReconnectUnheard(timeout) ==
    /\ ~GrantsArrive
    /\ Moves(timeout)
    /\ link' = "cut"
    /\ evidence' = IF evidence # Nothing /\ evidence.settled
                   THEN evidence ELSE Nothing
    /\ UNCHANGED << told, inForce, since >>

\* The answer to the election was lost, and the record is found by reading. Our
\* server may be cut off, and show what was true once: this proves nothing.
ReadOwnRecord ==
    /\ tenure = "none" /\ op = Nothing
    /\ office = "we"
    /\ tenure' = "committed"
    /\ UNCHANGED server
    /\ UNCHANGED << contact, op, evidence, anchor, terms, progress, worked >>

-----------------------------------------------------------------------------
(***************************************************************************)
(* The lease.                                                              *)
(***************************************************************************)
BeginLease ==
    /\ tenure = "committed" /\ SessionBoundLeft
    /\ tenure' = "held"
    /\ progress' = 0 /\ worked' = 0
    /\ UNCHANGED server
    /\ UNCHANGED << contact, op, evidence, anchor, terms >>

\* renew() while the last acknowledgement is young: nothing is sent.
Renew ==
    /\ LeaseDuration > 0
    /\ tenure = "held" /\ SessionBoundLeft /\ ProgressBoundLeft
    /\ progress' = 0 /\ worked' = 0
    /\ UNCHANGED server
    /\ UNCHANGED << contact, op, evidence, anchor, terms, tenure >>

\* What must not be: a thread of the library renews for one that hangs.
RenewInBackground ==
    /\ Variant = "background renewal"
    /\ tenure = "held" /\ op = Nothing
    /\ Send("check")
    /\ progress' = 0
    /\ UNCHANGED server
    /\ UNCHANGED << contact, evidence, anchor, terms, tenure, worked >>

\* Our clock shows that nothing remains, and a thread of ours looks: the working
\* thread or the watchdog. From then on the lease is over, and stays so. A
\* holder may also resign while something remains.
Over ==
    /\ tenure \in {"committed", "held"}
    /\ tenure' = "over"
    /\ contact' = Nothing /\ op' = Nothing /\ evidence' = Nothing
    /\ anchor' = Nothing /\ progress' = 0 /\ worked' = 0
    /\ since' = NotAwaited
    /\ UNCHANGED << told, inForce >>
    /\ UNCHANGED server

\* The transaction that records the end, some time after.
CommitEnd ==
    /\ tenure = "over" /\ office = "we" /\ link = "up"
    /\ office' = "vacant"
    /\ UNCHANGED << session, left, link, ping, touched, granted, before >>
    /\ UNCHANGED ours

-----------------------------------------------------------------------------
Next ==
    \/ Tick
    \/ AnswerPing \/ AnswerPingBefore \/ Cut \/ NewQuorumLeader \/ EndSession
    \/ OtherIsElected \/ OtherEnds
    \/ SendContact \/ ServeContact \/ ReceiveContact
    \/ SendElect \/ SendCheck \/ ServeOp \/ ReceiveOp
    \/ \E t \in Timeouts : Reconnect(t) \/ ReconnectUnheard(t)
    \/ ReadOwnRecord
    \/ BeginLease \/ Renew \/ RenewInBackground \/ Over \/ CommitEnd

Spec == Init /\ [][Next]_vars

\* The same, from the instant that a lease has begun.
InitInOffice ==
    /\ session = "live"   /\ left = SessionTimeout
    /\ office = "we"
    /\ granted = SessionTimeout /\ before = Nothing
    /\ told = SessionTimeout /\ inForce = SessionTimeout /\ since = NotAwaited
    /\ link = "up"        /\ ping = 0         /\ touched = FALSE
    /\ contact = Nothing  /\ op = Nothing
    /\ evidence = [sent |-> Settle, answered |-> 0, settled |-> TRUE, late |-> FALSE]
    /\ anchor = [age |-> 0]
    /\ tenure = "held"    /\ progress = 0     /\ worked = 0

SpecInOffice == InitInOffice /\ [][Next]_vars

-----------------------------------------------------------------------------
(***************************************************************************)
(* What must hold.                                                         *)
(***************************************************************************)

\* At most one lease is held at any instant.
LeaseExclusive == ~(Held /\ office = "other")

\* The same, a step earlier, and what Tenure takes for granted.
LeaseWithinSession == Held => session = "live" /\ office = "we"

\* A worker that hangs loses its lease.
LeaseProvesProgress ==
    Held /\ LeaseDuration > 0 => MayShowLess(worked, LeaseDuration)

AllTimeouts == Timeouts \cup {SessionTimeout}

TypeOK ==
    /\ session \in {"live", "ended"}
    /\ left \in 0..(CHOOSE t \in AllTimeouts : \A u \in AllTimeouts : u <= t)
    /\ {granted, told, inForce} \subseteq AllTimeouts
    /\ since \in NotAwaited..SinceMatters
    /\ office \in {"vacant", "we", "other"}
    /\ link \in {"up", "cut"}
    /\ ping \in 0..PingDue
    /\ touched \in BOOLEAN
    /\ tenure \in {"none", "committed", "held", "over"}
    /\ anchor # Nothing => anchor.age \in 0..AnchorMatters
    /\ {progress, worked} \subseteq 0..(LeaseDuration + Drift)

(***************************************************************************)
(* What must be reachable, or the above would hold for no good reason. A   *)
(* run prints each of these when it gets there first, and the build        *)
(* expects them.                                                           *)
(***************************************************************************)
Reachable ==
    /\ Reached(1, "a lease is held while our server has no quorum",
               Held /\ link = "cut")
    /\ Reached(2, "a lease runs out while we are in office",
               tenure = "held" /\ ~Held /\ office = "we")
    /\ Reached(3, "somebody else is in office, and we do not know it yet",
               tenure = "held" /\ ~Held /\ office = "other")
    /\ Reached(4, "a lease is held in the session's last tick",
               Held /\ left = 1)
    /\ Reached(5, "a shorter timeout is in force", Held /\ inForce < SessionTimeout)
    /\ Reached(6, "the server before reports a shorter timeout than ours has granted",
               Held /\ before # Nothing /\ before.timeout < granted)
=============================================================================
