------------------------------ MODULE TraceWalk -----------------------------
(***************************************************************************)
(* Random walks through the model, with all of its steps, told as traces.  *)
(* TraceCheck must accept each of them: so the steps that it leaves out    *)
(* are needed for no line.                                                 *)
(***************************************************************************)
EXTENDS TraceCheck

VARIABLE walked     \* the lines until now

WalkInit == TraceInit /\ walked = << >>

Walk ==
    /\ UNCHANGED << window, at >>
    /\ \/ /\ \A c \in Candidates : Shows(me'[c]) => State(me'[c]) = shown[c]
          /\ UNCHANGED << walked, shown >>
       \/ \E c \in Candidates :
             /\ Shows(me'[c]) /\ State(me'[c]) # shown[c]
             /\ walked' = Append(walked, Line(c, me'[c]))
             /\ shown' = [shown EXCEPT ![c] = State(me'[c])]

WalkNext ==
    /\ \/ \E c \in Candidates : CandidateStep(c) \/ ReadAgain(c)
       \/ ServerStep
       \/ OperatorStep
    /\ Walk

WalkSpec == WalkInit /\ [][WalkNext]_<< vars, window, at, shown, walked >>

\* How long a walk is that is told.
Steps == 100

Told == TLCGet("level") = Steps => PrintT("reached: walk " \o ToString(walked))
=============================================================================
