// What commands of the page begin with, to be pasted where this zaplog runs: with the address that the page was opened at, unless the verbs go there
// by themselves. Pure.

const byThemselves = ['http://127.0.0.1:7070', 'http://localhost:7070']

export const ownCommand = (origin: string): string =>
  byThemselves.includes(origin) ? './zaplog' : `ZAPLOG_URL=${origin} ./zaplog`
