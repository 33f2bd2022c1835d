// Keeps one warning of Node, known by its name, from being shown; every other one passes.

const SILENCED = 'TimeoutNegativeWarning'
let silenced = false

/** kafkajs asks for a timeout of throttledUntil(-1) - now at each request, which Node 24 clamps and warns of. Every other warning passes. */
export function silenceNegativeTimeouts() {
  if (silenced) return
  silenced = true
  const emitWarning = process.emitWarning.bind(process) as (...args: unknown[]) => void
  process.emitWarning = (...args: unknown[]) => {
    const [warning, type] = args
    const name =
      warning instanceof Error ? warning.name : typeof type === 'object' && type !== null && 'type' in type ? type.type : type
    if (name !== SILENCED) emitWarning(...args)
  }
}
