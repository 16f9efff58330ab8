/*
 * Lock, lease and epoch as one model: executions that share a guard through one document of the lock store, each driven
 * by a replica whose lease may run out, so that a second one takes over while commands of the first are still under way.
 *
 *   app/lock-state.ts      enter, grant, leave: here the writes of the document
 *   app/lock-keeper.ts     read, change, compare-and-set, evict what is settled
 *   engine/wanted.ts       what a driver wants of the lock in each state of the journal
 *   agent/inbox.ts         refuses an older epoch; nothing starts without the journal's word
 *
 * Checked: at most CAP permits are held; grants in the order of tickets; no command of an older epoch is obeyed; no lock
 * is freed under running work; nobody waits for ever (no end state but the one in which everything is settled).
 *
 * PLANTED_… are mistakes that the checker must find, so that it is known to be able to.
 */

#ifndef N
#define N 2
#endif
#ifndef CAP
#define CAP 1
#endif
#ifndef BIG
#define BIG 1 /* what execution 0 asks for; the others ask for 1 */
#endif
#define need(x) (x == 0 -> BIG : 1)

/* How many of the executions a second replica may take over. */
#ifndef TAKEN_OVER
#define TAKEN_OVER 1
#endif
/* How many somebody may abort. */
#ifndef ABORTED
#define ABORTED N
#endif

/* A journal: what is decided of an execution; every change of it is one append. */
#define WAITING 0
#define HELD 1
#define STARTED 2
#define ENDED_OPEN 3 /* aborted, with an attempt nobody has heard the end of */
#define ENDED 4
#define SETTLED 5

byte journal[N];
byte epoch[N]; /* of the driver whose appends do not collide */

/*
 * The document of the lock: ticket 0 is not there. Compare-and-set: a write counts only if nobody has written since the
 * document was read. So what was read is the document as it stands, and all that has to be known is whether it still is.
 */
typedef Lock {
  byte next;
  byte ticket[N];
  bool holds[N];
  bool gone[N]
};
Lock lock;
bool unchanged[2 * N];
#define ME (2 * x + mine - 1)

chan offers = [1] of { byte, byte };
/* Of no meaning between two steps, so no part of the state. */
hidden byte sum, i, first;
hidden byte more;

byte heard[N]; /* newest epoch that the agent has heard of */
bool work[N];  /* running at the target */
byte settled;

inline used(d, sum, i) {
  sum = 0;
  i = 0;
  do
  :: i < N -> if :: d.holds[i] -> sum = sum + need(i) :: else fi; i++
  :: else -> break
  od
}

/* Moves in, in the order of tickets, whoever fits; the first that does not keeps the others waiting. */
inline grant(d, sum, i, first, more) {
  more = true;
  do
  :: more ->
    first = N;
    i = 0;
    do
    :: i < N ->
      if
      :: d.ticket[i] > 0 && !d.holds[i] ->
        if
        :: first == N -> first = i
#ifdef PLANTED_LAST_COME_FIRST
        :: first < N && d.ticket[i] > d.ticket[first] -> first = i
#else
        :: first < N && d.ticket[i] < d.ticket[first] -> first = i
#endif
        :: else
        fi
      :: else
      fi;
      i++
    :: else -> break
    od;
    if
    :: first == N -> more = false
    :: else ->
      used(d, sum, i);
      if
      :: sum + need(first) <= CAP ->
        d.holds[first] = true;
        i = 0;
        do
        :: i < N -> assert(d.ticket[i] == 0 || d.holds[i] || d.ticket[i] > d.ticket[first]); i++
        :: else -> break
        od
      :: else -> more = false
      fi
    fi
  :: else -> break
  od
}

inline copy(to, from, i) {
  to.next = from.next;
  i = 0;
  do
  :: i < N -> to.ticket[i] = from.ticket[i]; to.holds[i] = from.holds[i]; to.gone[i] = from.gone[i]; i++
  :: else -> break
  od
}

/* Settled executions hold nothing: anyone may evict them. */
inline evict(d, i) {
  i = 0;
  do
  :: i < N ->
#ifndef PLANTED_DEAD_WAITER
    if :: journal[i] == SETTLED -> d.ticket[i] = 0; d.holds[i] = false :: else fi;
#endif
    i++
  :: else -> break
  od
}

#ifdef PLANTED_BLIND_WRITE
#define READ d_step { copy(d, lock, i); unchanged[ME] = true }
#define IS_OURS true
#define DOC d
#define WRITE copy(lock, d, i)
#else
#define READ unchanged[ME] = true
#define IS_OURS unchanged[ME]
#define DOC lock
#define WRITE i = 0; do :: i < 2 * N -> unchanged[i] = false; i++ :: else -> break od
#endif

#define HAS_NEWS (lock.holds[x] && journal[x] == WAITING && epoch[x] == mine)
#ifdef PLANTED_DEAD_WAITER
#define EVICTABLE false
#else
#define GONE(y) (journal[y] == SETTLED && lock.ticket[y] > 0)
#if N > 2
#define EVICTABLE (GONE(0) || GONE(1) || GONE(2))
#else
#define EVICTABLE (GONE(0) || GONE(1))
#endif
#endif

proctype driver(byte x; byte mine) {
  byte view = WAITING;
#ifdef PLANTED_BLIND_WRITE
  Lock d;
#endif

  if
  :: mine == 1
  /* The lease of the first has run out, or so it seems: its successor's first append proves its read was current. */
  :: d_step { mine == 2 && journal[x] != SETTLED -> epoch[x] = 2 }
  :: mine == 2 && journal[x] == SETTLED -> goto over
  fi;
  do
  /* Dies, at any moment: between a write and the append that tells of it as well. */
  :: mine == 1 && x < TAKEN_OVER -> break

  /* Reads the journal. A superseded driver may go on with what it read before. */
  :: view != journal[x] -> view = journal[x]

  /* Wanted while it waits. Only asking that has an effect is a step here, so that waiting for ever is an end. */
  :: view == WAITING && !lock.gone[x] && (lock.ticket[x] == 0 || HAS_NEWS || EVICTABLE) ->
    READ;
    if
    :: d_step {
         IS_OURS && !lock.gone[x] ->
         evict(DOC, i);
         if
         :: DOC.ticket[x] == 0 -> DOC.next++; DOC.ticket[x] = DOC.next
         :: else
         fi;
         grant(DOC, sum, i, first, more);
         WRITE;
         used(lock, sum, i);
         assert(sum <= CAP)
       }
       /* The echo in the journal; an append of an older epoch collides. */
       if
       :: d_step { lock.holds[x] && epoch[x] == mine && journal[x] == WAITING -> journal[x] = HELD; view = HELD }
       :: else
       fi
    :: !IS_OURS || lock.gone[x]
    fi

  /* Sent again as long as it is wanted: it may be lost, or overtaken by a newer driver's. */
  :: view == HELD && journal[x] == HELD && nfull(offers) -> offers!x, mine

  /* Given back when it has ended and nothing of it can still be at work. */
#ifdef PLANTED_FREED_UNDER_WORK
  :: (view == ENDED || view == ENDED_OPEN) && !lock.gone[x] ->
#else
  :: view == ENDED && !lock.gone[x] ->
#endif
#ifdef PLANTED_DEAD_WAITER
    /* Whoever never held it has nothing to give back, so somebody thought. */
    if
    :: !lock.holds[x] -> lock.gone[x] = true
    :: else ->
#endif
    READ;
    if
    :: d_step {
         IS_OURS ->
         assert(!work[x]);
         DOC.ticket[x] = 0;
         DOC.holds[x] = false;
         DOC.gone[x] = true;
         grant(DOC, sum, i, first, more);
         WRITE;
         used(lock, sum, i);
         assert(sum <= CAP)
       }
    :: !IS_OURS
    fi
#ifdef PLANTED_DEAD_WAITER
    fi
#endif

  :: d_step { journal[x] == ENDED && lock.gone[x] && epoch[x] == mine -> journal[x] = SETTLED; settled++ }
  :: journal[x] == SETTLED -> break
  od;
over:
  skip
}

active proctype agent() {
  byte x, by;
  do
  :: offers?x, by ->
    if
    :: by > heard[x] -> heard[x] = by
    :: else
    fi;
    if
#ifdef PLANTED_OBEYS_ANYBODY
    :: true ->
#else
    :: by >= heard[x] ->
#endif
      assert(by == heard[x]);
      /* Nothing starts without the journal's word. */
      d_step {
        if
        :: journal[x] == HELD -> assert(lock.holds[x]); journal[x] = STARTED; work[x] = true
        :: else
        fi
      }
#ifndef PLANTED_OBEYS_ANYBODY
    :: else
#endif
    fi
  :: offers?x, by /* The bus loses it. */
  :: settled == N && empty(offers) -> break
  :: d_step { work[0] -> work[0] = false; journal[0] = ENDED }
  :: d_step { work[1] -> work[1] = false; journal[1] = ENDED }
#if N > 2
  :: d_step { work[2] -> work[2] = false; journal[2] = ENDED }
#endif
  od
}

/* Somebody aborts, or never does. */
proctype person(byte x) {
  if
  :: d_step { journal[x] == WAITING -> journal[x] = ENDED }
  :: d_step { journal[x] == HELD -> journal[x] = ENDED }
  :: d_step { journal[x] == STARTED -> journal[x] = ENDED_OPEN }
  :: journal[x] >= ENDED_OPEN
  fi
}

init {
  byte x = 0;
  atomic {
    do
    :: x < N ->
      epoch[x] = 1;
      run driver(x, 1);
      if :: x < TAKEN_OVER -> run driver(x, 2) :: else fi;
      if :: x < ABORTED -> run person(x) :: else fi;
      x++
    :: else -> break
    od
  }
}
