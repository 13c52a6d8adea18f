------------------------------- MODULE Lease -------------------------------
(***************************************************************************)
(* The lease of one leader, in time.                                       *)
(*                                                                         *)
(* The module Tenure takes one thing for granted: when the quorum leader   *)
(* ends a session, the lease that was held in that session has run out.    *)
(* This module says why.  It looks at one candidate, "we", through one     *)
(* tenure, and is exact about what passes between its clock and the        *)
(* quorum leader's idea of its session.  Everybody else is "other", who is *)
(* as bad as can be: it takes the office the instant that it is vacant,    *)
(* and its lease is held from its commit on.                               *)
(*                                                                         *)
(* Parts, and where each stands in the code:                               *)
(*                                                                         *)
(*   the quorum leader   session, heard, office                            *)
(*   our server          link, ping, touched: a follower, which tells the  *)
(*                       quorum leader whom it has heard from only inside  *)
(*                       its answers to pings                              *)
(*   our connection      contact, op: at most one local read and one       *)
(*                       quorum operation are under way (Monitor)          *)
(*   our evidence        evidence, anchor (QuorumEvidence)                 *)
(*   our lease           tenure, progress (LeaseBounds, HeldLease)         *)
(*                                                                         *)
(* Time.  One action, Tick, lets one unit pass for everybody.  It is       *)
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
    SessionTimeout,  \* as negotiated
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
      "a contact counts from its send time" }

(***************************************************************************)
(* The terms of the lease: LeaseTerms and QuorumEvidence.                  *)
(***************************************************************************)
Margin ==
    IF Variant = "margin without the ack interval"
    THEN HalfTick + Allowance
    ELSE AckInterval + HalfTick + Allowance

Share  == SessionTimeout - Margin      \* what an acknowledgement is worth
Settle == HalfTick + Allowance         \* a contact this old has been told of
Spared == AckInterval + HalfTick       \* how old it may be at no cost

ASSUME /\ Variant \in Variants
       /\ HalfTick > 0
       /\ SessionTimeout - (AckInterval + HalfTick + Allowance) > AckInterval

PingDue == HalfTick + PingLate

VARIABLES
    session,   \* "live" or "ended": ours, in the quorum leader's table
    heard,     \* how long ago the quorum leader heard of it
    office,    \* whose leader node there is: "vacant", "we" or "other"
    link,      \* "up", or "cut": our server has no quorum, and answers reads
    ping,      \* how long ago our server last answered a ping
    touched,   \* whether it has heard from us since
    contact,   \* the local read under way
    op,        \* the quorum operation under way
    evidence,  \* the contact that the next acknowledgement is held against
    anchor,    \* from when the session bound is charged
    tenure,    \* "none", "committed", "held", "over": as we know it
    progress,  \* when the progress bound was moved
    worked     \* when the working thread last really did something

vars == << session, heard, office, link, ping, touched, contact, op,
           evidence, anchor, tenure, progress, worked >>

server == << session, heard, office, link, ping, touched >>
ours   == << contact, op, evidence, anchor, tenure, progress, worked >>

Nothing == [at |-> "nowhere"]          \* no request, no evidence, no anchor

\* What is older than this makes no difference any more.
AnchorMatters   == Share + Drift
EvidenceMatters == AnchorMatters + Spared

Max(a, b) == IF a > b THEN a ELSE b
Min(a, b) == IF a < b THEN a ELSE b

(***************************************************************************)
(* What our clock may say of two ages.                                     *)
(***************************************************************************)
MayShowLess(age, than)    == age - Drift < than
MayShowAtLeast(age, than) == age + Drift >= than

SessionBoundLeft  == anchor # Nothing /\ MayShowLess(anchor.age, Share)
ProgressBoundLeft == LeaseDuration = 0 \/ MayShowLess(progress, LeaseDuration)

\* By the slowest clock that the assumption allows, something remains.
Held == tenure = "held" /\ SessionBoundLeft /\ ProgressBoundLeft

Init ==
    /\ session = "live"   /\ heard = 0        /\ office = "vacant"
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
    /\ heard'    = IF session = "live" THEN Min(heard + 1, SessionTimeout) ELSE 0
    /\ ping'     = IF link = "up" THEN ping + 1 ELSE 0
    /\ contact'  = OlderRequest(contact)
    /\ op'       = OlderRequest(op)
    /\ evidence' = OlderEvidence
    /\ anchor'   = OlderAnchor
    /\ progress' = OlderProgress(progress)
    /\ worked'   = OlderProgress(worked)
    /\ UNCHANGED << session, office, link, touched, tenure >>

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
    /\ heard' = IF touched THEN 0 ELSE heard
    /\ touched' = FALSE
    /\ UNCHANGED << session, office, link >> /\ UNCHANGED ours

\* Our server loses the quorum: a follower that is cut off, or a quorum leader
\* that has been deposed and does not know. It goes on to answer reads.
Cut ==
    /\ link = "up"
    /\ link' = "cut" /\ ping' = 0 /\ touched' = FALSE
    /\ UNCHANGED << session, heard, office >> /\ UNCHANGED ours

\* A new quorum leader gives each session its full timeout anew. Servers drop
\* their clients when they lose their quorum leader.
NewQuorumLeader ==
    /\ session = "live"
    /\ heard' = 0
    /\ link' = "cut" /\ ping' = 0 /\ touched' = FALSE
    /\ UNCHANGED << session, office >> /\ UNCHANGED ours

\* It may take its time, but it never ends a session early. The session's
\* leader node goes with it.
EndSession ==
    /\ session = "live"
    /\ heard >= SessionTimeout
    /\ session' = "ended" /\ heard' = 0
    /\ office' = IF office = "we" THEN "vacant" ELSE office
    /\ link' = "cut" /\ ping' = 0 /\ touched' = FALSE
    /\ UNCHANGED ours

OtherIsElected ==
    /\ office = "vacant"
    /\ office' = "other"
    /\ UNCHANGED << session, heard, link, ping, touched >> /\ UNCHANGED ours

OtherEnds ==
    /\ office = "other"
    /\ office' = "vacant"
    /\ UNCHANGED << session, heard, link, ping, touched >> /\ UNCHANGED ours

-----------------------------------------------------------------------------
(***************************************************************************)
(* The connection: local reads, which any server answers by itself.        *)
(***************************************************************************)
InUse == tenure # "over"

\* The monitor sends one every half ack interval. The model lets it send one
\* whenever it likes, or never: the process may be stopped.
SendContact ==
    /\ InUse /\ contact = Nothing
    /\ contact' = [at |-> "under way", age |-> 0]
    /\ UNCHANGED server
    /\ UNCHANGED << op, evidence, anchor, tenure, progress, worked >>

ServeContact ==
    /\ contact # Nothing /\ contact.at = "under way"
    /\ contact' = [contact EXCEPT !.at = "answered"]
    /\ touched' = (link = "up")
    /\ UNCHANGED << session, heard, office, link, ping >>
    /\ UNCHANGED << op, evidence, anchor, tenure, progress, worked >>

\* What proves that a request reached our server by a certain time is that its
\* answer was there by then. When it was sent proves nothing: it may have been held
\* up on its way.
AsEvidence(age) ==
    [sent     |-> age,
     answered |-> IF Variant = "a contact counts from its send time"
                  THEN age ELSE 0,
     settled  |-> FALSE]

\* The code keeps a dozen contacts and takes the newest that is old enough.
\* Here one is kept, and whether it makes way for a newer one is anybody's
\* guess: so each choice that the code could make is a behaviour.
MayKeep(age) == age < EvidenceMatters /\ evidence' = AsEvidence(age)

ReceiveContact ==
    /\ contact # Nothing /\ contact.at = "answered"
    /\ contact' = Nothing
    /\ UNCHANGED evidence \/ MayKeep(contact.age)
    /\ anchor' = IF Variant = "a read acknowledges" /\ contact.age < AnchorMatters
                 THEN [age |-> contact.age]
                 ELSE anchor
    /\ UNCHANGED server
    /\ UNCHANGED << op, tenure, progress, worked >>

(***************************************************************************)
(* The connection: quorum operations. The elect transaction is one, and    *)
(* the check-only transaction of a renewal is another.                     *)
(***************************************************************************)
Send(kind) == op' = [at |-> "under way", kind |-> kind, age |-> 0]

SendElect ==
    /\ tenure = "none" /\ op = Nothing
    /\ Send("elect")
    /\ UNCHANGED server
    /\ UNCHANGED << contact, evidence, anchor, tenure, progress, worked >>

\* renew(), on the working thread; or LeaseStart, before there is a lease.
SendCheck ==
    /\ tenure \in {"committed", "held"} /\ op = Nothing
    /\ tenure = "held" => SessionBoundLeft /\ ProgressBoundLeft
    /\ Send("check")
    /\ progress' = 0 /\ worked' = 0
    /\ UNCHANGED server
    /\ UNCHANGED << contact, evidence, anchor, tenure >>

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
    /\ UNCHANGED << session, heard, link, ping >>
    /\ UNCHANGED << contact, evidence, anchor, tenure, progress, worked >>

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
                      THEN [evidence EXCEPT !.settled = TRUE, !.answered = 0]
                      ELSE evidence
       \/ MayKeep(op.age)      \* the operation is a contact itself
    /\ tenure' = IF op.kind = "elect" /\ op.at = "applied"
                 THEN "committed" ELSE tenure
    /\ UNCHANGED server
    /\ UNCHANGED << contact, progress, worked >>

\* The connection is lost, and with it the answers. What was under way may have
\* been applied; it is not applied later (Tenure has it that it is). What is
\* settled stays settled, other contacts are forgotten.
LoseConnection ==
    /\ contact' = Nothing /\ op' = Nothing
    /\ evidence' = IF evidence # Nothing /\ evidence.settled
                   THEN evidence ELSE Nothing
    /\ UNCHANGED << anchor, tenure, progress, worked >>

\* We connect to another server. The quorum leader is asked whether the session
\* lives, and so hears of it; the new server's next ping is a full period away.
Reconnect ==
    /\ InUse /\ session = "live"
    /\ LoseConnection
    /\ link' = "up" /\ heard' = 0 /\ ping' = 0 /\ touched' = FALSE
    /\ UNCHANGED << session, office >>

\* The answer to the election was lost, and the record is found by reading. Our
\* server may be cut off, and show what was true once: this proves nothing.
ReadOwnRecord ==
    /\ tenure = "none" /\ op = Nothing
    /\ office = "we"
    /\ tenure' = "committed"
    /\ UNCHANGED server
    /\ UNCHANGED << contact, op, evidence, anchor, progress, worked >>

-----------------------------------------------------------------------------
(***************************************************************************)
(* The lease.                                                              *)
(***************************************************************************)
BeginLease ==
    /\ tenure = "committed" /\ SessionBoundLeft
    /\ tenure' = "held"
    /\ progress' = 0 /\ worked' = 0
    /\ UNCHANGED server
    /\ UNCHANGED << contact, op, evidence, anchor >>

\* renew() while the last acknowledgement is young: nothing is sent.
Renew ==
    /\ LeaseDuration > 0
    /\ tenure = "held" /\ SessionBoundLeft /\ ProgressBoundLeft
    /\ progress' = 0 /\ worked' = 0
    /\ UNCHANGED server
    /\ UNCHANGED << contact, op, evidence, anchor, tenure >>

\* What must not be: a thread of the library renews for one that hangs.
RenewInBackground ==
    /\ Variant = "background renewal"
    /\ tenure = "held" /\ op = Nothing
    /\ Send("check")
    /\ progress' = 0
    /\ UNCHANGED server
    /\ UNCHANGED << contact, evidence, anchor, tenure, worked >>

\* Our clock shows that nothing remains, and somebody of ours looks: the working
\* thread or the watchdog. From then on the lease is over, whatever comes. A
\* holder may also resign while something remains.
Over ==
    /\ tenure \in {"committed", "held"}
    /\ tenure' = "over"
    /\ contact' = Nothing /\ op' = Nothing /\ evidence' = Nothing
    /\ anchor' = Nothing /\ progress' = 0 /\ worked' = 0
    /\ UNCHANGED server

\* The transaction that records the end, some time after.
CommitEnd ==
    /\ tenure = "over" /\ office = "we" /\ link = "up"
    /\ office' = "vacant"
    /\ UNCHANGED << session, heard, link, ping, touched >> /\ UNCHANGED ours

-----------------------------------------------------------------------------
Next ==
    \/ Tick
    \/ AnswerPing \/ Cut \/ NewQuorumLeader \/ EndSession
    \/ OtherIsElected \/ OtherEnds
    \/ SendContact \/ ServeContact \/ ReceiveContact
    \/ SendElect \/ SendCheck \/ ServeOp \/ ReceiveOp
    \/ Reconnect \/ ReadOwnRecord
    \/ BeginLease \/ Renew \/ RenewInBackground \/ Over \/ CommitEnd

Spec == Init /\ [][Next]_vars

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

TypeOK ==
    /\ session \in {"live", "ended"}
    /\ heard \in 0..SessionTimeout
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
ASSUME \A i \in 1..4 : TLCSet(i, FALSE)

Reached(i, what, here) ==
    here /\ ~TLCGet(i) => TLCSet(i, TRUE) /\ PrintT("reached: " \o what)

Reachable ==
    /\ Reached(1, "a lease is held while our server has no quorum",
               Held /\ link = "cut")
    /\ Reached(2, "a lease runs out while we are in office",
               tenure = "held" /\ ~Held /\ office = "we")
    /\ Reached(3, "somebody else is in office, and we do not know it yet",
               tenure = "held" /\ ~Held /\ office = "other")
    /\ Reached(4, "a lease is held in the session's last tick",
               Held /\ heard = SessionTimeout - 1)
=============================================================================
