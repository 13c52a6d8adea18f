----------------------------- MODULE TraceCheck -----------------------------
(***************************************************************************)
(* Is what a run of the code did a behaviour of the model?                 *)
(*                                                                         *)
(* The code's election has one method that changes its state.  A trace is  *)
(* what passed through it, of all candidates of one scope, in the order in *)
(* which it happened.  Each line has the names of an audit entry:          *)
(*                                                                         *)
(*   candidate   whose state it is                                         *)
(*   state       the new one: "reading", "waiting", "electing",            *)
(*               "in office", "ending", "idle"; or "out" for all of        *)
(*               those in which it has nothing to do with the office       *)
(*   epoch       of the tenure that is stood for, held or ended; else 0    *)
(*   session     which of its sessions that is in: 1, 2, ...; else 0       *)
(*   event       "elected" in office; "resigned", "failed", "lapsed" or    *)
(*               "revoked" while ending; else ""                           *)
(*                                                                         *)
(* A window is a trace from its beginning, or the part of one from a quiet *)
(* point on: one candidate has just come into office, with epoch 1 in      *)
(* session 1 by the count of the window, and the others have nothing to do *)
(* with the office.  The windows are many and are searched at once.        *)
(*                                                                         *)
(* What the servers, the network and operators did is in no trace: the     *)
(* checker looks for any way in which they could have made the candidates  *)
(* do that.  It says how many lines of each window it has found a way to;  *)
(* a window of which that is all of them is a behaviour of the model.      *)
(*                                                                         *)
(* A trace of a shard says "out": a worker may stand for it without having *)
(* read it, if the group is new, and rests after an error.  The model      *)
(* always reads, which finds no more than the worker took for granted.     *)
(***************************************************************************)
EXTENDS Tenure, Trace       \* Trace has the sequence Windows, and Coarse

VARIABLES
    window,  \* the number of the window that is followed
    at,      \* how many of its lines have been matched
    shown    \* shown[c]: the last state of c that a trace can show

Lines == Windows[window].lines

\* The line that is to be matched next, and whose it is.
Due    == Lines[at + 1]
DueOne == Due.candidate

HasOffice(m) == m.state \in {"electing", "in office", "ending"}

State(m) == IF Coarse /\ ~HasOffice(m) THEN "out" ELSE m.state

\* Its place in the queue is the latch's business, and is not told.
Shows(m) == State(m) # "queued"

Epoch(m) ==
    CASE m.state = "electing" -> m.view.record.epoch + 1
      [] m.state \in {"in office", "ending"} -> m.view.record.epoch
      [] OTHER -> 0

Event(m) ==
    CASE m.state = "in office" -> "elected"
      [] m.state = "ending" -> m.ending
      [] OTHER -> ""

Line(c, m) ==
    [candidate |-> c, state |-> State(m),
     session |-> IF HasOffice(m) THEN m.session ELSE 0,
     epoch |-> Epoch(m), event |-> Event(m)]

-----------------------------------------------------------------------------
(***************************************************************************)
(* Where a window begins.                                                  *)
(***************************************************************************)
RecordOf(c) ==
    [NoRecord EXCEPT !.version = 1, !.epoch = 1, !.candidate = c,
                     !.session = << c, 1 >>, !.nonce = << c, 1 >>, !.next = 2]

NodeOf(c) ==
    [candidate |-> c, session |-> << c, 1 >>, nonce |-> << c, 1 >>,
     epoch |-> 1, word |-> "tenure"]

LeaderNow(c) ==
    [NewMe EXCEPT !.state = "in office", !.attempt = 1,
                  !.view = [record |-> RecordOf(c), leader |-> NodeOf(c)],
                  !.saw = NodeOf(c),
                  !.lease = [epoch |-> 1, version |-> 1,
                             predecessor |-> Nothing, is |-> "granted"]]

\* Requests that are still under way from before are of an earlier version of the
\* record, and come to nothing.
QuietInit(c) ==
    /\ record = RecordOf(c) /\ leader = NodeOf(c)
    /\ trail = << Entry(1, "elected", 1, c, << c, 1 >>, Nothing) >>
    /\ history = << [event |-> "elected", epoch |-> 1, candidate |-> c,
                     session |-> << c, 1 >>] >>
    /\ sessions = { << d, 1 >> : d \in Candidates }
    /\ me = [d \in Candidates |-> IF d = c THEN LeaderNow(c) ELSE NewMe]
    /\ strays = {} /\ lagging = Now /\ forged = {}
    /\ queue = << >> /\ written = << >> /\ stored = << >>
    /\ faults = MaxFaults

TraceInit ==
    /\ window \in DOMAIN Windows
    /\ IF Windows[window].leader = "nobody"
       THEN Init
       ELSE QuietInit(Windows[window].leader)
    /\ at = 0
    /\ shown = [c \in Candidates |-> State(me[c])]

\* No step changes the state of more than one candidate. One that shows a new
\* state must be the next line; any other goes unseen.
Match ==
    /\ UNCHANGED window
    /\ \/ /\ \A c \in Candidates : Shows(me'[c]) => State(me'[c]) = shown[c]
          /\ UNCHANGED << at, shown >>
       \/ \E c \in Candidates :
             /\ Shows(me'[c]) /\ State(me'[c]) # shown[c]
             /\ Due = Line(c, me'[c])
             /\ at' = at + 1
             /\ shown' = [shown EXCEPT ![c] = State(me'[c])]

-----------------------------------------------------------------------------
(***************************************************************************)
(* Which steps are looked at.                                              *)
(*                                                                         *)
(* What goes unseen can wait until the next line needs it.  So each step   *)
(* below is one of the model's, and is taken only where it may bring the   *)
(* next line about.  This turns hundreds of thousands of states into       *)
(* hundreds, and accepts nothing that would not be accepted without it: a  *)
(* step that is left out can make a trace be refused, and never be         *)
(* accepted.                                                               *)
(***************************************************************************)

\* A transaction at another version than the record's does nothing, now or later.
MayCount(b) == ~Outdated(b)

\* A lease that begins stands in the way of nothing, and only one that has begun lapses.
MayBegin(c) == me[c].lease # Nothing /\ me[c].lease.is = "granted"

\* That a candidate of a shard waits is not shown. It stands when it is elected.
Decides(c) ==
    /\ \E seen \in Readings(c) : ReadAndDecide(c, seen)
    /\ Coarse => HasOffice(me'[c])

\* After a connection that was lost, or a watch that fired for something else.
LooksAgain(c) == ~Coarse /\ ReadAgain(c)

\* A session that goes is seen as what comes of that, or as the next one.
ChangesSession(c) ==
    /\ Due.state \in {"reading", "idle", "out"} \/ Due.session > me[c].session
    /\ NewSession(c)

\* Of the candidates, only the one whose line is the next takes steps. A fault happens
\* for the sake of that line.
DueCandidateStep(c) ==
    \/ Join(c) \/ LooksAgain(c) \/ Decides(c)
    \/ \E seen \in Readings(c) : ReadOffice(c, seen) \/ ReadEnding(c, seen)
    \/ ReceiveAnswer(c) \/ Lapse(c) \/ ChangesSession(c)
    \/ /\ Due.state \in {"reading", "out"} /\ me[c].state = "electing"
       /\ LoseAnswer(c)
    \/ Due.event = "lapsed" /\ LeaseRunsOut(c)
    \/ Due.event \in {"resigned", "failed"} /\ Resign(c)
    \/ Due.event = "resigned" /\ GiveUp(c)

DueRequest ==
    \/ \E c \in Candidates :
          /\ me[c].request # Nothing
          /\ c = DueOne \/ MayCount(Body(c))
          /\ ServeRequest(c)
    \/ \E b \in strays : MayCount(b) /\ ServeStray(b)

\* A candidate that stands for the office has seen it vacant.
LeaderSessionEnds ==
    /\ Due.state = "electing" /\ leader # Nothing
    /\ EndSession(leader.session)

\* How many lines to come stand for the tenure after this one.
Rivals(epoch) ==
    Cardinality({ i \in (at + 1)..Len(Lines) :
                      Lines[i].state = "electing" /\ Lines[i].epoch = epoch + 1 })

\* Of a shard it shows that a reading was old when two stood for the same tenure: one
\* of them may have seen the office vacant when it no longer was.
ServerFallsBehind ==
    /\ Coarse => leader = Nothing /\ Rivals(record.epoch) > 1
    /\ CatchUp

OperatorIntervenes ==
    /\ Due.event = "revoked" /\ leader # Nothing /\ leader.candidate = DueOne
    /\ OperatorRevokes \/ OperatorDeletes

TraceNext ==
    /\ at < Len(Lines)
    /\ IF \E c \in Candidates : MayBegin(c)
       THEN \E c \in Candidates : BeginLease(c)
       ELSE \/ DueCandidateStep(DueOne)
            \/ DueRequest \/ LeaderSessionEnds \/ ServerFallsBehind
            \/ OperatorIntervenes
    /\ Match

TraceSpec == TraceInit /\ [][TraceNext]_<< vars, window, at, shown >>

\* By what two states may differ in what can follow: not by the history and the trail,
\* nor by how many faults are left, of which there are enough, nor by what no line to
\* come can tell of.
Relevant ==
    << window, at, shown, record, leader, sessions, me,
       { b \in strays : MayCount(b) },
       IF Coarse /\ Rivals(lagging.record.epoch) = 0 THEN Nothing ELSE lagging >>

-----------------------------------------------------------------------------
\* The registers after those of Tenure: how many lines of each window are matched.
Register(w) == 100 + w

ASSUME \A w \in DOMAIN Windows : TLCSet(Register(w), 0)

Progressing ==
    at > TLCGet(Register(window)) =>
        /\ TLCSet(Register(window), at)
        /\ PrintT("reached: line " \o ToString(at) \o " of window " \o ToString(window))
=============================================================================
