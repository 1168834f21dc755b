/* status.pml: one job. Its row in Postgres (the truth), its outbox entry, its key in the status store (what watchers
 * read). README.md says which line is which place in the code, and what is left out; `npm run model -- full` checks everything.
 *   spin -a <switches> status.pml && gcc -O2 -DSAFETY -o pan pan.c && ./pan -m2000000 -N <property>   (safe, all: -DTOGETHER)
 *
 * Bounds     MAXA attempts, MAX_TRIES tries of the row, LATE messages that come late or twice, LAPSE leases that end
 *            under a live worker, RELAYS relays, LOSS losses of the store's data
 * Faults     a crash of worker or API at every step; a first announcement that never arrives; cancel, retry and
 *            shutdown at every moment; late and repeated messages of every attempt and kind; with LOSS a FLUSHALL or
 *            (without FLUSHONLY) a failover to an older copy
 *            PROMPT: nothing on the wire, i.e. a look at the row and the write that follows it are one step
 *            UNNOTICED: loss detection does not see the loss · SHORT: nor does it, but the loss is shorter than the
 *            settle window · WAIT: a job waits longer than its key's TTL · SENTINEL: loss detection step by step
 * Taken away NO_OUTBOX NO_GENERATION NO_SEQUENCE NO_SECOND_APPLICATION NO_SWEEPER NO_WAITING_ROWS NO_EQUAL_RENEWAL
 *            NO_LOSS_DETECTION NO_PENDING_IN_RECOVERY NO_COMPARE NO_NEW_ATTEMPT NO_CLAIM_GUARD NO_FENCE
 *            NO_COMMIT_FIRST NO_ATTEMPT_GUARD NO_VERSION_GUARD NO_RENEWAL_IN_WRITE NO_ABSENT NO_LOOK NO_OWN_VERSION
 *            NO_GIVE_BACK NO_CANCEL_IN_FAILED_TRY NO_CANCEL_IN_FINISH
 * Others     NOTE: what an unguarded design does: unconditional SET, EXPIRE beside it, unfenced save(), a write that
 *            may come before COMMIT, a progress key without tenant, no reconciler · STRICT: NOTE, but nothing live may
 *            replace an end · TENANT: the tenancy rule alone */
#ifdef STRICT
#define NOTE
#endif
#ifdef SHORT
#define UNNOTICED
#endif
#ifdef NO_LOSS_DETECTION
#define UNNOTICED
#endif
#ifndef LOSS
#define LOSS 0
#endif
#ifndef LATE
#define LATE 1
#endif
#ifndef LAPSE
#define LAPSE 1
#endif
#ifndef RELAYS
#define RELAYS 1
#endif
#ifndef MAXA
#define MAXA 2
#endif
#ifndef MAX_TRIES
#define MAX_TRIES 2
#endif

#define NONE       0         /* status: no key */
#define PENDING    1
#define PROCESSING 2
#define READY      3         /* or DONE: a video's and a job's word for success */
#define FAILED     4
#define CANCELLED  5
#define isTerminal(s) ((s) >= READY)
#define FINAL      3         /* versions: 0 PENDING, 1 the first announcement, 2 any later one, FINAL */
#define KEPT       0         /* TTL: none (or FINISHED_TTL_SECONDS) */
#define SLIDING    1
#define ANNOUNCE   1         /* the three writes */
#define PROGRESS   2
#define FINISH     3
#define ACCEPTED   0         /* their answers */
#define DUPLICATE  1
#define STALE      2
#define FENCED     3
#define FINISHED   4
#define ABSENT     5
#define LIVE       1         /* an attempt's worker: 0 none yet */
#define DEAD       2
#define DUE        1         /* outbox entry: 0 none */
#define APPLIED    2         /* once; due again after the settle window, then deleted */
#define REFILLING  1         /* SENTINEL: 0 missing */
#define CURRENT    2
#define OLDER      3
#ifdef NO_NEW_ATTEMPT
#define next(a) (a)
#else
#define next(a) (a + 1)      /* a row that becomes PENDING again is of the next attempt */
#endif
#ifdef PROMPT
#define STEP atomic
#else
#define STEP
#endif

#ifdef NOTE
byte rowAttempt, rowStatus = PENDING;
byte entry;
#else
byte rowAttempt = 1, rowStatus = PENDING;    /* submitted: row and entry in one statement */
#ifdef NO_OUTBOX
byte entry;
#else
byte entry = DUE;
#endif
#endif
byte tries;
bool cancelRequested;
bool renewed[RELAYS];        /* the entry has another generation than the one that this relay took */
byte keyAttempt, keyVersion, keyStatus, keyTtl;              /* all 0: no key */
byte oldAttempt, oldVersion, oldStatus, oldTtl;              /* the replica's lagging copy */
bool lag, young;             /* SHORT: the copy is taken and the loss to come; the entry was marked since */
byte sentinel = CURRENT;     /* SENTINEL */
byte worker[MAXA+1];
bool faultsOver = (LOSS == 0), lateOver;

/* observers: they decide nothing */
byte ended[MAXA+1];          /* terminal status committed for each attempt */
byte seenAttempt, seenVersion, seenStatus;   /* what a client shows: the highest (attempt, version) */
byte used;                   /* tries that failed or were lost since the last retry */
bool regress, back, masked, twice, again, started, uncancelled, leak, old;
byte toldLater = 1, lapses;  /* committers between COMMIT and their write; leases that ended under a live worker */
byte fresh;                  /* the attempt whose worker has completed a sign of life begun after the faults */
byte running, deliveries = MAXA;             /* NOTE only */
byte prog[2];                /* TENANT only: progress value, by key; holds owner tenant + 1 */
byte nil, k;                 /* scratch, 0 between steps */

#ifdef NOTE
#define idle (deliveries == 0 && running == 0 && lateOver)
#define rest idle
#else   /* faults over, no entry left, nobody between COMMIT and write, a running job's worker has shown a sign of life since */
#define idle (faultsOver && entry == 0 && toldLater == 0 && (rowStatus != PROCESSING || fresh == rowAttempt))
#define rest (idle && isTerminal(rowStatus))
#endif
#define mine(a) (rowAttempt == a && rowStatus == PROCESSING)

inline look() {              /* every change of the key is visible to somebody */
  if :: keyStatus == NONE
     :: else ->
#ifdef NOTE                  /* it knows no versions: only the status counts */
        if :: keyAttempt < seenAttempt -> back = 1
           :: keyAttempt == seenAttempt && isTerminal(seenStatus) && !isTerminal(keyStatus) -> regress = 1
           :: else fi;
#else
        if :: keyAttempt < seenAttempt -> back = 1
           :: keyAttempt == seenAttempt && keyVersion < seenVersion -> regress = 1
           :: else fi;
#endif
        if :: keyAttempt > seenAttempt || (keyAttempt == seenAttempt && keyVersion >= seenVersion) ->
              seenAttempt = keyAttempt; seenVersion = keyVersion; seenStatus = keyStatus
           :: else fi
  fi }
inline replace(a, v, s) { keyAttempt = a; keyVersion = v; keyStatus = s; keyTtl = (isTerminal(s) -> KEPT : SLIDING); old = 0 }

/* applyTransition, write.lua: one atomic write */
inline write(kind, a, v, s, answer) {
  d_step { answer = ACCEPTED;
#ifdef NOTE
    if
#ifdef STRICT
    :: isTerminal(keyStatus) && !isTerminal(s)
    :: !(isTerminal(keyStatus) && !isTerminal(s)) -> replace(a, v, s)
#else
    :: replace(a, v, s)
#endif
    fi;
#else
    if
#ifdef NO_ABSENT
    :: keyAttempt < a -> replace(a, v, s)
#else
    :: keyAttempt < a && kind == PROGRESS -> answer = ABSENT                     /* never creates, never overtakes */
    :: keyAttempt < a && kind != PROGRESS -> replace(a, v, s)
#endif
#ifdef NO_ATTEMPT_GUARD
    :: keyAttempt >= a ->
#else
    :: keyAttempt > a -> answer = FENCED
    :: keyAttempt == a ->
#endif
       if
       :: isTerminal(keyStatus) -> answer = (kind == FINISH && keyStatus == s -> DUPLICATE : FINISHED)
#ifdef NO_VERSION_GUARD
       :: !isTerminal(keyStatus) -> replace(a, v, s)
#else
       :: !isTerminal(keyStatus) && v > keyVersion -> replace(a, v, s)
       :: !isTerminal(keyStatus) && v == keyVersion && kind == ANNOUNCE -> answer = DUPLICATE;
#if !defined(NO_EQUAL_RENEWAL)
          old = 0                                                              /* renews the TTL */
#endif
       :: !isTerminal(keyStatus) && (v < keyVersion || (v == keyVersion && kind != ANNOUNCE)) -> answer = STALE
#endif
       fi
    fi;
#endif
    if :: kind != PROGRESS && keyAttempt < a -> masked = 1 :: else fi;
    nil = 0; look() } }
inline bareExpire() { d_step { if :: keyStatus != NONE -> keyTtl = SLIDING :: else fi } }

inline leaveEntry() {        /* leaveEntry: in the statement that changes the row; a generation of its own, applied_at NULL */
#ifndef NO_OUTBOX
  d_step {
#ifdef NO_SEQUENCE           /* an insert begins at generation 1 again */
    if :: entry != 0 -> k = 0; do :: k < RELAYS -> renewed[k] = 1; k++ :: else -> break od; k = 0 :: else fi;
#else
    k = 0; do :: k < RELAYS -> renewed[k] = 1; k++ :: else -> break od; k = 0;
#endif
    entry = DUE; young = 0 }
#else
  skip
#endif
}
inline commit(a, s) {        /* attempt a ends: row and entry in one statement */
  if :: s == PENDING -> rowAttempt = next(a)
     :: else -> if :: ended[a] != 0 -> twice = 1 :: else fi;
                if :: cancelRequested && s != CANCELLED -> uncancelled = 1 :: else fi;
                ended[a] = s fi;
  rowStatus = s; leaveEntry() }
inline nextStatus(a, s) {    /* of a try that failed or was lost; where MAXA cuts the story off, FAILED */
  if :: cancelRequested -> s = CANCELLED
     :: !cancelRequested && tries < MAX_TRIES && a < MAXA -> s = PENDING; used++
     :: !cancelRequested && !(tries < MAX_TRIES && a < MAXA) -> s = FAILED fi }
inline heed(me) {            /* ACCEPTED, DUPLICATE and STALE are one to a worker */
  if :: answer < FENCED -> answer = ACCEPTED; if :: after -> fresh = me :: else fi; after = 0 :: else fi }

#ifdef NOTE
proctype Worker() {          /* it does not look at the old status; rowAttempt only counts the deliveries */
  byte me, e;
  atomic { rowAttempt++; me = rowAttempt; rowStatus = PROCESSING }
  if :: goto out :: skip fi;                                    /* crash */
  write(ANNOUNCE, me, 1, PROCESSING, nil);
  if :: goto out :: skip fi;
  if :: write(PROGRESS, me, 2, PROCESSING, nil) :: bareExpire() fi;
  if :: e = READY :: e = FAILED :: goto out fi;
  if :: rowStatus = e; ended[me] = e; if :: goto out :: skip fi; write(FINISH, me, FINAL, e, nil)      /* save(), [crash], SET */
     :: write(FINISH, me, FINAL, e, nil); if :: goto out :: skip fi; rowStatus = e; ended[me] = e fi;  /* SET in the transaction, [crash, rollback], COMMIT */
out: atomic { running-- } }

#else
proctype Worker(byte me) {   /* executes attempt `me`, however often it is delivered: a claim takes only a PENDING row */
  byte answer, s; bool after;
wait:
  STEP {
#ifdef NO_CLAIM_GUARD
    atomic { !isTerminal(rowStatus) && rowAttempt == me ->
#else
    atomic { rowStatus == PENDING && rowAttempt == me ->        /* claim */
#endif
             if :: worker[me] != 0 -> again = 1 :: else fi;
             if :: cancelRequested -> started = 1 :: else fi;
             rowStatus = PROCESSING; tries++; worker[me] = LIVE };
    if :: atomic { write(ANNOUNCE, me, 1, PROCESSING, answer); heed(me) }
       :: skip                                                  /* it never arrives; the next write is progress */
       :: goto out fi };                                        /* crash */
  do                                                            /* Reporter */
  :: answer == FENCED -> goto out
  :: answer == FINISHED -> atomic { if :: mine(me) -> answer = ACCEPTED; after = 0 :: else -> goto out fi }
  :: answer == ABSENT -> STEP {
#ifndef NO_LOOK
       atomic { if :: mine(me) -> skip :: else -> goto out fi };
#endif
#ifdef NO_OWN_VERSION
       atomic { write(ANNOUNCE, me, 1, PROCESSING, answer); heed(me) }
#else
       atomic { write(ANNOUNCE, me, 2, PROCESSING, answer); heed(me) }         /* as the writer's own next version */
#endif
     }
  :: answer < FENCED && (keyAttempt != me || keyVersion < 2 || fresh != me) ->   /* a write that changes nothing is left out */
     atomic { write(PROGRESS, me, 2, PROCESSING, answer); after = faultsOver; heed(me) };
#ifdef NO_RENEWAL_IN_WRITE
     bareExpire()
#endif
  :: answer < FENCED -> break                                   /* the try ends */
  :: goto out                                                   /* crash */
  od;
#ifdef NO_COMMIT_FIRST
  if :: write(FINISH, me, FINAL, READY, nil) :: skip fi;
#endif
  STEP {
    atomic { answer = ACCEPTED; after = 0;
#ifndef NO_FENCE
             if :: mine(me) -> skip :: else -> goto out fi;     /* UPDATE ... WHERE attempt = mine AND status = 'PROCESSING' */
#endif
             if
#ifdef NO_CANCEL_IN_FINISH
             :: s = READY
             :: cancelRequested -> s = CANCELLED
#else
             :: s = (cancelRequested -> CANCELLED : READY)      /* finish */
#endif
#ifdef NO_CANCEL_IN_FAILED_TRY
             :: me < MAXA -> s = PENDING; used++
#else
             :: nextStatus(me, s)                               /* failTry, retryable */
#endif
             :: s = (cancelRequested -> CANCELLED : FAILED)     /* failTry, not retryable */
             :: me < MAXA -> if :: cancelRequested -> s = CANCELLED
                                :: else -> s = PENDING;         /* handBack */
#ifndef NO_GIVE_BACK
                                   if :: tries > 0 -> tries-- :: else fi
#endif
                             fi
             fi;
             commit(me, s); toldLater++ };
    atomic { if :: s == PENDING -> write(ANNOUNCE, next(me), 0, PENDING, nil)
                :: isTerminal(s) -> write(FINISH, me, FINAL, s, nil)
                :: skip fi;                                     /* crash after COMMIT */
             toldLater-- } };
out:
  atomic { worker[me] = DEAD; answer = 0; s = 0; after = 0; goto wait } }
#endif

#ifndef TENANT
#ifdef NOTE
active proctype Queue() {    /* at least once: it redelivers while a worker still runs, and re-runs FAILED jobs */
  do :: atomic { deliveries > 0 -> deliveries--; running++; run Worker() }
     :: atomic { deliveries > 0 && rowAttempt > 0 -> deliveries = 0 }
     :: deliveries == 0 -> break
  od }
#else
proctype Sweeper() {         /* sweep: the lease is over; its worker is dead, or alive and paused: nobody can know */
  byte s;
  do :: atomic { rowStatus == PROCESSING && (worker[rowAttempt] == DEAD || lapses < LAPSE) ->
                 if :: worker[rowAttempt] == LIVE -> lapses++ :: else fi;
                 nextStatus(rowAttempt, s); commit(rowAttempt, s); s = 0 }
  od }

proctype Person() {          /* the API: submit, then cancel and retry */
  byte a, s;
#ifndef PROMPT
  atomic { if :: write(ANNOUNCE, 1, 0, PENDING, nil) :: skip fi; toldLater-- };  /* after the submit, which is the initial state; or a crash */
#endif
  do
  :: STEP {
       atomic { if :: rowStatus == PENDING -> cancelRequested = 1; commit(rowAttempt, CANCELLED);
                      s = CANCELLED; a = rowAttempt; toldLater++                 /* cancel */
                   :: rowStatus == PROCESSING && !cancelRequested -> cancelRequested = 1
                   :: (rowStatus == FAILED || rowStatus == CANCELLED) && rowAttempt < MAXA ->                    /* retry */
                      cancelRequested = 0; tries = 0; used = 0; commit(rowAttempt, PENDING);
                      s = PENDING; a = rowAttempt; toldLater++
                fi };
       if :: s != 0 ->                                          /* applyRecord, or a crash */
             atomic { if :: s == PENDING -> write(ANNOUNCE, a, 0, PENDING, nil)
                         :: s == CANCELLED -> write(FINISH, a, FINAL, CANCELLED, nil)
                         :: skip fi;
                      a = 0; s = 0; toldLater-- }
          :: else fi }
  od }

proctype Relay(byte me) {    /* take, applyRecord, markApplied or deleteApplied; a relay that dies is one that pauses for ever */
  byte a, s; bool second;
  do :: STEP {
        atomic { entry != 0 && !(lag && young && entry == APPLIED) ->            /* SHORT: the settle window outlasts the lag */
                 a = rowAttempt; s = rowStatus; renewed[me] = 0;   /* one statement: row and generation fit */
#ifdef NO_SECOND_APPLICATION
                 second = 1 };
#else
                 second = (entry == APPLIED) };
#endif
        if :: isTerminal(s) -> write(FINISH, a, FINAL, s, nil)
           :: s == PENDING -> write(ANNOUNCE, a, 0, PENDING, nil)
           :: else fi };                                        /* PROCESSING: its worker tells */
        atomic {
#ifdef NO_GENERATION
                 if :: entry != 0 ->
#else
                 if :: entry != 0 && !renewed[me] ->            /* ... WHERE generation = the one taken */
#endif
                       entry = (second -> 0 : APPLIED); young = (second -> 0 : lag)
                    :: else fi;
                 a = 0; s = 0; second = 0; renewed[me] = 0 }
  od }

#ifdef WAIT
bool passDue;
proctype Time() {            /* time enough for half a TTL: everybody else is idle before each of its steps */
  do :: atomic { idle && !passDue && rowStatus == PENDING && keyStatus == PENDING && !old -> old = 1;
#ifndef NO_WAITING_ROWS
                 passDue = 1
#endif
               }
     :: atomic { idle && !passDue && rowStatus == PENDING && keyStatus == PENDING && old ->
                 keyAttempt = 0; keyVersion = 0; keyStatus = NONE; keyTtl = 0; old = 0 }
  od }
proctype WaitingRows() {     /* renewWaitingRows: no entries, the row is read and then announced */
  byte a;
  do :: atomic { passDue -> if :: rowStatus == PENDING -> a = rowAttempt :: else fi };
        if :: a != 0 -> write(ANNOUNCE, a, 0, PENDING, nil) :: else fi;
        atomic { a = 0; passDue = 0 }
  od }
#endif

#if LOSS > 0
byte losses;
#ifdef SENTINEL
byte copied;                 /* 2: a tick was written since: a restart from an older copy is not SHORT */
proctype Losses() {          /* FLUSHALL, or a restart from an old copy, perhaps the same one again */
  do
#ifndef FLUSHONLY
  :: copied == 0 -> atomic { copied = 1; oldAttempt = keyAttempt; oldVersion = keyVersion; oldStatus = keyStatus; oldTtl = keyTtl }
  :: copied == 2 && losses < LOSS -> atomic { losses++; fresh = 0; sentinel = OLDER;
       keyAttempt = oldAttempt; keyVersion = oldVersion; keyStatus = oldStatus; keyTtl = oldTtl; look() }
#endif
  :: losses < LOSS -> atomic { losses++; fresh = 0; sentinel = 0; keyAttempt = 0; keyVersion = 0; keyStatus = NONE; keyTtl = 0 }
  od }
#ifdef NO_COMPARE
#define unchanged true
#else
#define unchanged (sentinel == seen)
#endif
proctype LossDetection() {   /* check and refillAll of LossDetection; a tick is any moment */
  byte seen, phase;          /* 1 refilling, 2 every row has an entry */
  bool after;
  do
  :: atomic { after = (losses == LOSS); seen = sentinel };      /* readSentinels */
     atomic {
       if
       :: phase == 0 && seen == CURRENT ->
          if :: unchanged -> sentinel = CURRENT; if :: copied == 1 -> copied = 2 :: else fi; if :: after -> faultsOver = 1 :: else fi
             :: else fi
       :: phase == 0 && seen != CURRENT -> if :: unchanged -> sentinel = REFILLING; phase = 1 :: else fi
       :: phase != 0 && seen == 0 ->                            /* lost again: from the beginning; an older copy is noticed at the end */
          if :: unchanged -> sentinel = REFILLING; phase = 1 :: else fi
       :: else
       fi;
       seen = 0; after = 0 }
  :: phase == 1 -> atomic { phase = 2; if :: rowStatus != PROCESSING -> leaveEntry() :: else fi }     /* enqueueLost */
  :: phase == 2 -> atomic { seen = REFILLING; if :: unchanged -> sentinel = CURRENT :: else fi; phase = 0; seen = 0 }
  od }
#endif
#ifndef SENTINEL
proctype Losses() {
  do :: losses < LOSS ->
#if !defined(FLUSHONLY) && defined(SHORT)
        d_step { oldAttempt = keyAttempt; oldVersion = keyVersion; oldStatus = keyStatus; oldTtl = keyTtl; lag = 1; young = 0 };
#endif
#if !defined(FLUSHONLY) && !defined(SHORT)
        if :: d_step { oldAttempt = keyAttempt; oldVersion = keyVersion; oldStatus = keyStatus; oldTtl = keyTtl } :: skip fi;
#endif
        atomic { keyAttempt = oldAttempt; keyVersion = oldVersion; keyStatus = oldStatus; keyTtl = oldTtl;
                 oldAttempt = 0; oldVersion = 0; oldStatus = 0; oldTtl = 0; lag = 0; young = 0; look() };   /* FLUSHALL, or failover to that copy */
        atomic { losses++; faultsOver = (losses == LOSS);       /* noticed by a tick: enqueueLost */
#ifndef UNNOTICED
#ifdef NO_PENDING_IN_RECOVERY
                 if :: isTerminal(rowStatus) -> leaveEntry() :: else fi
#else
                 if :: rowStatus != PROCESSING -> leaveEntry() :: else fi
#endif
#endif
        }
     :: else -> break
  od }
#endif
#endif
#endif

active proctype Late() {     /* late and repeated messages of any attempt so far; what detail writes after reading the row is one */
  byte n, a;
  do :: n < LATE -> atomic { rowAttempt > 0 -> n++; a = 1; do :: a < rowAttempt -> a++ :: break od;
#ifdef NOTE
           if :: write(PROGRESS, a, 2, PROCESSING, nil) :: bareExpire() fi;
#else
           if :: write(ANNOUNCE, a, 0, PENDING, nil)
              :: worker[a] != 0 -> write(ANNOUNCE, a, 1, PROCESSING, nil)
              :: worker[a] != 0 -> write(ANNOUNCE, a, 2, PROCESSING, nil)
              :: worker[a] != 0 -> write(PROGRESS, a, 2, PROCESSING, nil)
              :: ended[a] != 0 -> write(FINISH, a, FINAL, ended[a], nil) fi;
#endif
           a = 0 }
     :: break od;
  lateOver = 1 }

#ifndef NOTE
init { atomic {
#ifdef PROMPT
  if :: write(ANNOUNCE, 1, 0, PENDING, nil) :: skip fi; toldLater = 0;
#endif
  do :: k < MAXA -> k++; run Worker(k) :: else -> break od;
#ifndef NO_SWEEPER
  run Sweeper();
#endif
  run Person(); k = 0;
  do :: k < RELAYS -> run Relay(k); k++ :: else -> break od;
  k = 0;
#ifdef WAIT
  run Time(); run WaitingRows();
#endif
#if LOSS > 0
  run Losses();
#ifdef SENTINEL
  run LossDetection();
#endif
#endif
  k = 0
} }
#endif

#else                        /* two tenants whose jobs have the same id; checked alone: -DTENANT */
#ifdef NOTE
#define PKEY(t) 0
#else
#define PKEY(t) t
#endif
active [2] proctype Tenant() {
  byte t = _pid & 1;
  prog[PKEY(t)] = t + 1;
  if :: prog[PKEY(t)] != t + 1 -> leak = 1 :: else fi }
#endif

#define same     (keyAttempt == rowAttempt && keyStatus == rowStatus)
#define ttlFits  (keyStatus != NONE -> (keyTtl == KEPT <-> isTerminal(keyStatus)))
#define told     (isTerminal(keyStatus) -> ended[keyAttempt] == keyStatus)
#define counted  ((rowStatus == PENDING -> tries == used) && (rowStatus == PROCESSING -> tries == used + 1))
ltl no_regress { [] !regress }                                  /* within an attempt the version (hence the status) never goes back */
ltl no_back    { [] !back }                                     /* the attempt never goes back */
ltl retry_seen { [] !masked }                                   /* a newer attempt is never kept invisible */
ltl ttl        { [] ttlFits }                                   /* live: sliding TTL; terminal: none */
ltl phantom    { [] told }                                      /* an end is shown only once Postgres has committed it */
ltl stuck      { [] (idle && isTerminal(rowStatus) -> keyStatus != PROCESSING && keyStatus != PENDING) }
ltl converge   { [] (idle -> same) }                            /* idle: the key equals the row ... */
ltl watcher    { [] (idle -> seenAttempt == rowAttempt && seenStatus == rowStatus) }   /* ... and so does what a client shows */
ltl pending_seen { [] (idle && rowStatus == PENDING -> keyStatus == PENDING && keyAttempt == rowAttempt) }
ltl one_winner { [] !twice }                                    /* at most one terminal commit per attempt */
ltl reuse      { [] !again }                                    /* no attempt is claimed twice */
ltl cancel_kept { [] !started }                                 /* after an accepted cancel no further attempt starts ... */
ltl cancel_ends { [] !uncancelled }                             /* ... and the job ends CANCELLED */
ltl tries_counted { [] counted }                                /* a try is one that failed or was lost, or the one under way */
ltl raw        { [] (!regress && !back) }                       /* no_regress no_back in one run */
#ifdef TOGETHER   /* spin takes seconds to translate these: only where one of them is checked */
ltl safe       { [] (!masked && ttlFits && told && !twice && !again && !started && !uncancelled && counted
                     && (idle -> same && seenAttempt == rowAttempt && seenStatus == rowStatus)) }
ltl all        { [] (!regress && !back && !masked && ttlFits && told && !twice && !again && !started && !uncancelled && counted
                     && (idle -> same && seenAttempt == rowAttempt && seenStatus == rowStatus)) }             /* safe raw in one run */
#endif
ltl finishes   { <> rest }                                      /* the job ends and everything is at rest (weak fairness) */
ltl tenant     { [] !leak }                                     /* no cross-tenant read */
