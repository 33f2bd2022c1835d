// What an endpoint that names no types does not get: what is noisy, or internal to most clients. Names and patterns.

export const notByDefault: readonly string[] = [
  ...['presence.updated', 'message.history', 'history.progressed', 'media.*', 'processing.*', 'upload.*', 'command.*'],
  ...['label.changed', 'retention.completed', 'unknown'],
]
