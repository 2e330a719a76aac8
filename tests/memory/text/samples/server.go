// Package server serves.
package server

import (
	"fmt"
	"net/http"
)

const Version = "1.0"

const (
	StateIdle = iota
	StateBusy
)

var ErrClosed = fmt.Errorf("closed")

// Server is a server.
type Server struct {
	Addr string
	mu   int
}

type (
	Handler interface {
		Serve(w http.ResponseWriter)
	}
	ID int
)

// New makes a Server.
func New(addr string) *Server {
	return &Server{Addr: addr}
}

// Close closes it.
func (s *Server) Close() error {
	return ErrClosed
}

func (m Map[K, V]) Get(k K) V { return m.inner[k] }
