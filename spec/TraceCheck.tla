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
(* What the servers, the network and operators did is in no trace: the     *)
(* checker looks for any way in which they could have made the candidates  *)
(* do that.  If there is one, NotAccepted is violated, and the             *)
(* counterexample shows the way.                                           *)
(*                                                                         *)
(* A trace of a shard says "out": a worker may stand for it without having *)
(* read it, if the group is new, and rests after an error.  The model      *)
(* always reads, which finds no more than the worker took for granted.     *)
(***************************************************************************)
EXTENDS Tenure, Trace       \* Trace has the lines, as the sequence Lines, and Coarse

VARIABLES
    at,      \* how many lines have been matched
    shown    \* shown[c]: the last state of c that a trace can show

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

TraceInit ==
    /\ Init
    /\ at = 0
    /\ shown = [c \in Candidates |-> State(NewMe)]

\* No step changes the state of more than one candidate. One that shows a new
\* state must be the next line; any other goes unseen.
Match ==
    \/ /\ \A c \in Candidates : Shows(me'[c]) => State(me'[c]) = shown[c]
       /\ UNCHANGED << at, shown >>
    \/ \E c \in Candidates :
          /\ Shows(me'[c]) /\ State(me'[c]) # shown[c]
          /\ at < Len(Lines)
          /\ Lines[at + 1] = Line(c, me'[c])
          /\ at' = at + 1
          /\ shown' = [shown EXCEPT ![c] = State(me'[c])]

\* After a connection that was lost, or a watch that fired for something else.
LookAgain(c) == ReadAgain(c)

\* What goes unseen can wait until it is needed: of the candidates, only the one
\* whose line is the next takes steps. This makes a search of a minute a search of
\* seconds, and accepts nothing that would not be accepted without it.
TraceNext ==
    /\ at < Len(Lines)
    /\ \/ LET c == Lines[at + 1].candidate IN CandidateStep(c) \/ LookAgain(c)
       \/ ServerStep
       \/ OperatorStep
    /\ Match

TraceSpec == TraceInit /\ [][TraceNext]_<< vars, at, shown >>

NotAccepted == at < Len(Lines)
=============================================================================
