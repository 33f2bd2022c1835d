// The OpenTelemetry Collector's own receiver of OTLP over HTTP, at an address, and behind it nothing: each batch that it takes is a line of
// OTLP's JSON at the end of a file. Usage: collector ADDRESS FILE
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"
)

func main() {
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(address string, path string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer file.Close()
	traces, err := receiveAt(ctx, address, writingTo(file))
	if err != nil {
		return err
	}
	<-ctx.Done()
	return traces.Shutdown(context.Background())
}

func receiveAt(ctx context.Context, address string, consume consumer.ConsumeTracesFunc) (receiver.Traces, error) {
	factory := otlpreceiver.NewFactory()
	config := factory.CreateDefaultConfig()
	settings := map[string]any{"protocols": map[string]any{"http": map[string]any{"endpoint": address}}}
	if err := confmap.NewFromStringMap(settings).Unmarshal(config); err != nil {
		return nil, err
	}
	next, err := consumer.NewTraces(consume)
	if err != nil {
		return nil, err
	}
	of := receiver.Settings{
		ID:                component.NewID(factory.Type()),
		TelemetrySettings: componenttest.NewNopTelemetrySettings(),
		BuildInfo:         component.NewDefaultBuildInfo(),
	}
	traces, err := factory.CreateTraces(ctx, of, config, next)
	if err != nil {
		return nil, err
	}
	return traces, traces.Start(ctx, componenttest.NewNopHost())
}

func writingTo(file *os.File) consumer.ConsumeTracesFunc {
	return func(_ context.Context, traces ptrace.Traces) error {
		line, err := (&ptrace.JSONMarshaler{}).MarshalTraces(traces)
		if err != nil {
			return err
		}
		_, err = file.Write(append(line, '\n'))
		return err
	}
}
