// What the process's end says (CONTRACT.md, Environment).

export const exitCodes = { done: 0, failed: 1, usage: 2, tryLater: 75, configuration: 78 } as const
