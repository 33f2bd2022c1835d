// What the watch of queues looks at by itself, and what is forgotten where that fails.
export type Queue = { name: string; look(signal: AbortSignal): Promise<void>; forget(): void }
