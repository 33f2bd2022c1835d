// Signals that come while a program is still being loaded are remembered for it, and end nothing. Plain JavaScript: it is there first.

export const stopSignals = ['SIGTERM', 'SIGINT', 'SIGHUP']

let first = null
const remember = name => {
  first ??= name
}

/** Before anything else. Whoever is loaded calls takeEarlySignal: until then no signal ends the process. */
export function hearEarlySignals() {
  for (const name of stopSignals) process.on(name, remember)
}

/** From here on the caller's own listeners count, which are there already: a signal on its way is theirs. Answers the first that came. */
export function takeEarlySignal() {
  for (const name of stopSignals) process.off(name, remember)
  return first
}

/** Loading may leave no turn in which a signal is heard: resolves when those that have come are. */
export const signalsHeard = () => new Promise(resolve => setImmediate(resolve))

/** For a program that has nothing to end in order: signals end it as they end any, and one that came has. */
export async function endBySignals() {
  await signalsHeard()
  const came = takeEarlySignal()
  if (came !== null) process.kill(process.pid, came)
}
