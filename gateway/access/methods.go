package access

import (
	"slices"

	"google.golang.org/grpc"
)

// Registrar takes services; a *grpc.Server is one.
type Registrar interface {
	grpc.ServiceRegistrar
	// GetServiceInfo tells what has been registered so far, by service.
	GetServiceInfo() map[string]grpc.ServiceInfo
}

// MethodsOf finds the full names of all methods that register registers, ordered, without a server.
func MethodsOf(register func(Registrar)) []string {
	c := &collector{info: map[string]grpc.ServiceInfo{}}
	register(c)
	var methods []string
	for service, info := range c.info {
		for _, method := range info.Methods {
			methods = append(methods, "/"+service+"/"+method.Name)
		}
	}
	slices.Sort(methods)
	return methods
}

// collector is a Registrar that only remembers names.
type collector struct {
	info map[string]grpc.ServiceInfo
}

// RegisterService remembers the names of a service.
func (c *collector) RegisterService(desc *grpc.ServiceDesc, _ any) {
	info := grpc.ServiceInfo{Metadata: desc.Metadata}
	for _, m := range desc.Methods {
		info.Methods = append(info.Methods, grpc.MethodInfo{Name: m.MethodName})
	}
	for _, s := range desc.Streams {
		info.Methods = append(info.Methods, grpc.MethodInfo{Name: s.StreamName, IsClientStream: s.ClientStreams, IsServerStream: s.ServerStreams})
	}
	c.info[desc.ServiceName] = info
}

// GetServiceInfo tells what has been registered so far; the reflection service asks.
func (c *collector) GetServiceInfo() map[string]grpc.ServiceInfo { return c.info }
