using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Verified.Proofs.Unix;

/// <summary>
/// A serial line that a TCP connection to this computer uses as its terminal. One connection at a time is served. Bytes
/// that the machine sends before the first connection are kept, up to a limit. Later ones without a connection are
/// lost, as on a line without a terminal.
/// </summary>
public sealed class NetworkTerminal : IDisposable
{
    private const int MostKept = 1 << 20;

    private readonly TcpListener _listener;
    private readonly ConcurrentQueue<byte> _typed = new();
    private readonly Lock _lock = new();
    private MemoryStream? _kept = new();
    private NetworkStream? _connection;

    /// <param name="port">The TCP port; 0 takes a free one.</param>
    /// <exception cref="SocketException">The port is in use.</exception>
    public NetworkTerminal(int port)
    {
        _listener = new TcpListener(IPAddress.Loopback, port);
        _listener.Start();
        new Thread(Serve) { IsBackground = true, Name = "terminal" }.Start();
    }

    /// <summary>The TCP port.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Takes the next byte that has been typed.</summary>
    public bool TryRead(out byte typed) => _typed.TryDequeue(out typed);

    /// <summary>Sends a byte to the terminal.</summary>
    public void Write(byte sent)
    {
        lock (_lock)
        {
            if (_connection is null)
            {
                if (_kept is { Length: < MostKept } kept)
                    kept.WriteByte(sent);
                return;
            }
            try
            {
                _connection.WriteByte(sent);
            }
            catch (IOException)
            {
                // The terminal has gone away: Serve waits for the next one.
                _connection = null;
            }
        }
    }

    public void Dispose()
    {
        _listener.Dispose();
        lock (_lock)
            _connection?.Dispose();
    }

    private void Serve()
    {
        try
        {
            while (true)
            {
                using var client = _listener.AcceptTcpClient();
                client.NoDelay = true;
                using var stream = client.GetStream();
                Connect(stream);
                Read(stream);
                lock (_lock)
                    _connection = null;
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // The listener has been closed, because the run has ended.
        }
    }

    private void Connect(NetworkStream stream)
    {
        lock (_lock)
        {
            try
            {
                _kept?.WriteTo(stream);
            }
            catch (IOException)
            {
                return;
            }
            (_kept, _connection) = (null, stream);
        }
    }

    private void Read(NetworkStream stream)
    {
        try
        {
            while (stream.ReadByte() is >= 0 and var read)
                _typed.Enqueue((byte)read);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The connection was cut off.
        }
    }
}
