// libsignal writes sessions, private keys included, to the console: exactly its own lines are dropped, everybody else's stay.
// Importing this file is enough, whenever it happens.

const methods = ['error', 'warn', 'info'] as const
/** How each console line of libsignal 6.0.0 begins (src/session_record.js, session_builder.js, session_cipher.js, curve.js, queue_job.js). */
const beginnings = [
  'V1 session storage migration error',
  'Migrating session to:',
  'Session already closed',
  'Closing session:',
  'Session already open',
  'Opening session:',
  'Removing old closed session:',
  'Closing open session in favor of incoming prekey bundle',
  'WARNING: Expected pubkey of length 33',
  'Unhandled bucket type (for naming):',
  'Failed to decrypt message with any known session...',
  'Session error:',
  'Decrypted message with closed session.',
]

const { console: output } = globalThis

for (const method of methods) {
  const write = output[method].bind(output)
  output[method] = (...args: unknown[]) => {
    const [first] = args
    if (typeof first === 'string' && beginnings.some(beginning => first.startsWith(beginning))) return
    write(...args)
  }
}
