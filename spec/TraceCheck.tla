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
(*               "in office", "ending", "idle"                             *)
(*   session     which of its sessions: 1, 2, ...                          *)
(*   epoch       of the tenure that is stood for, held or ended; else 0    *)
(*   event       "elected" in office; "resigned", "lapsed" or "revoked"    *)
(*               while ending; else ""                                     *)
(*                                                                         *)
(* What the servers, the network and operators did is in no trace: the     *)
(* checker looks for any way in which they could have made the candidates  *)
(* do that.  If there is one, NotAccepted is violated, and the             *)
(* counterexample shows the way.                                           *)
(***************************************************************************)
EXTENDS Tenure, Trace       \* Trace has the lines, as the sequence Lines

VARIABLES
    at,      \* how many lines have been matched
    shown    \* shown[c]: the last state of c that a trace can show

\* Its place in the queue is the latch's business, and is not told.
Shows(m) == m.state # "queued"

Epoch(m) ==
    CASE m.state = "electing" -> m.view.record.epoch + 1
      [] m.state \in {"in office", "ending"} -> m.view.record.epoch
      [] OTHER -> 0

Event(m) ==
    CASE m.state = "in office" -> "elected"
      [] m.state = "ending" -> m.ending
      [] OTHER -> ""

Line(c, m) ==
    [candidate |-> c, state |-> m.state, session |-> m.session,
     epoch |-> Epoch(m), event |-> Event(m)]

TraceInit ==
    /\ Init
    /\ at = 0
    /\ shown = [c \in Candidates |-> "idle"]

\* No step changes the state of more than one candidate. One that shows a new
\* state must be the next line; any other goes unseen.
Match ==
    \/ /\ \A c \in Candidates : Shows(me'[c]) => me'[c].state = shown[c]
       /\ UNCHANGED << at, shown >>
    \/ \E c \in Candidates :
          /\ Shows(me'[c]) /\ me'[c].state # shown[c]
          /\ at < Len(Lines)
          /\ Lines[at + 1] = Line(c, me'[c])
          /\ at' = at + 1
          /\ shown' = [shown EXCEPT ![c] = me'[c].state]

TraceNext == Next /\ Match

TraceSpec == TraceInit /\ [][TraceNext]_<< vars, at, shown >>

NotAccepted == at < Len(Lines)
=============================================================================
