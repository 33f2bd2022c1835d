// Half an answer is forgotten with the connection it came over: kafkajs keeps it, reads the next connection's answers as its other half,
// and so waits out the request timeout for whatever is asked over that one.
import type { Cluster, Connection } from './internals.ts'

export function forgetHalfAnswers({ brokerPool: { connectionPoolBuilder } }: Cluster): void {
  const { build } = connectionPoolBuilder
  connectionPoolBuilder.build = async destination => {
    const built = await build(destination)
    for (const connection of built.pool) beginEmpty(connection)
    return built
  }
}

function beginEmpty(connection: Connection): void {
  const { connect } = connection
  connection.connect = () => {
    if (!connection.isConnected()) Object.assign(connection, nothingRead())
    return connect.call(connection)
  }
}

/** As a connection begins, that waits for the four bytes of an answer's length. */
const nothingRead = () => ({ chunks: [], bytesBuffered: 0, bytesNeeded: 4 })
