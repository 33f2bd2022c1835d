// Asks again and again, one request at a time, while somebody looks. An answer counts only if nothing newer was asked since: a slow one
// never overtakes. No DOM in here.

export type PollState =
  | { name: 'asking'; turn: number }
  | { name: 'resting'; turn: number; forMs: number }
  /** Nobody looks. */
  | { name: 'paused'; turn: number }
export type Happened =
  | { what: 'answered'; turn: number; restMs: number }
  | { what: 'rested' }
  | { what: 'hidden' }
  | { what: 'shown' }
  /** Somebody did something whose effect is to be seen at once. */
  | { what: 'hurried' }

/** Pure. What has no place in a state changes nothing. */
export function decide(state: PollState, happened: Happened): PollState {
  const { turn } = state
  const ask: PollState = { name: 'asking', turn: turn + 1 }
  switch (happened.what) {
    case 'answered':
      return state.name === 'asking' && happened.turn === turn ? { name: 'resting', turn, forMs: happened.restMs } : state
    case 'rested':
      return state.name === 'resting' ? ask : state
    case 'hidden':
      return { name: 'paused', turn }
    case 'shown':
      return state.name === 'paused' ? ask : state
    case 'hurried':
      return state.name === 'paused' ? state : ask
  }
}

export type Poll = {
  /** Asks now; what is on its way counts no more. */
  hurry(): void
  /** Nothing is asked or answered after it. Idempotent. */
  close(): void
}
type Deps<Answer> = {
  /** Never rejects; what it answers after the signal has aborted is not looked at. */
  ask(signal: AbortSignal): Promise<Answer>
  /** Milliseconds until the next one. */
  answered(answer: Answer): number
  watcher: Watcher
}
/** Whether somebody looks; `onChange` answers what ends it. */
export type Watcher = { isHidden(): boolean; onChange(tell: () => void): () => void }

export function openPoll<Answer>({ ask, answered, watcher }: Deps<Answer>): Poll {
  let state: PollState = { name: 'paused', turn: 0 }
  let leave: () => void = nothing

  function happen(happened: Happened) {
    const next = decide(state, happened)
    if (next === state) return
    leave()
    state = next
    leave = enter(next)
  }

  /** Answers what ends it. */
  function enter(entered: PollState): () => void {
    switch (entered.name) {
      case 'paused':
        return nothing
      case 'resting': {
        const timer = setTimeout(() => happen({ what: 'rested' }), entered.forMs)
        return () => clearTimeout(timer)
      }
      case 'asking': {
        const cut = new AbortController()
        void ask(cut.signal).then(answer => {
          if (cut.signal.aborted) return
          happen({ what: 'answered', turn: entered.turn, restMs: answered(answer) })
        })
        return () => cut.abort()
      }
    }
  }

  const look = () => happen({ what: watcher.isHidden() ? 'hidden' : 'shown' })
  const endWatch = watcher.onChange(look)
  look()
  return {
    hurry: () => happen({ what: 'hurried' }),
    close: () => {
      endWatch()
      leave()
      leave = nothing
      state = { name: 'paused', turn: state.turn + 1 }
    },
  }
}

const nothing = () => undefined
