# Lists a topic's records, the oldest first: topic, partition, offset, time, key, size of the value, headers. Arguments: brokers, topic.
kcat -C -b "$1" -t "$2" -e -q -f '%t %p %o %T %k %S %h\n'
