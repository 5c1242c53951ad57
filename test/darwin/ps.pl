# Plays macOS's ps over the real table of processes: -A or -p PID, -o with columns, -ww, -E. enter.sh says where that lies ($proc) and how
# many seconds each question takes ($delay).
use strict;
use warnings;
use POSIX qw(strftime sysconf _SC_CLK_TCK _SC_PAGESIZE);

select undef, undef, undef, $delay;
my ($all, $environment, @columns, %wanted);
while (defined(my $word = shift)) {
    if ($word =~ /^-(\w*)o$/) { $all = 1 if $1 =~ /A/; push @columns, split /,/, shift }
    elsif ($word eq '-p') { $wanted{$_} = 1 for split /,/, shift }
    elsif ($word eq '-E') { $environment = 1 }
    elsif ($word eq '-A') { $all = 1 }
    elsif ($word ne '-ww') { print STDERR "ps: illegal option -- $word\n"; exit 1 }
}
s/=.*// for @columns;
my ($ticks, $page) = (sysconf(_SC_CLK_TCK), sysconf(_SC_PAGESIZE));
sub slurp { my $file; return '' unless open $file, '<', shift; local $/; my $text = <$file>; return $text // '' }
my ($booted) = slurp("$proc/stat") =~ /^btime (\d+)/m;
my ($up) = slurp("$proc/uptime") =~ /^([\d.]+)/;
my $shown = 0;
for my $pid ($all ? sort { $a <=> $b } map { m{/(\d+)$} } glob "$proc/[0-9]*" : keys %wanted) {
    my ($name, $rest) = slurp("$proc/$pid/stat") =~ /\((.*)\) (.*)$/s or next;
    my @field = split / /, $rest;
    my $seconds = ($field[11] + $field[12]) / $ticks;
    my $age = $up - $field[19] / $ticks;
    my $command = slurp("$proc/$pid/cmdline");
    my $path = readlink("$proc/$pid/exe") // $name;
    ($path) = split /\0/, $command if $command ne '';
    my $arguments = join ' ', split /\0/, $command eq '' ? $name : $command;
    $arguments .= ' ' . join ' ', split /\0/, slurp("$proc/$pid/environ") if $environment;
    my %value = (
        pid => $pid, ppid => $field[1], pgid => $field[2], pri => '31T', rss => $field[21] * $page / 1024,
        time => sprintf('%d:%05.2f', $seconds / 60, $seconds - 60 * int($seconds / 60)),
        pcpu => sprintf('%.1f', $age > 0 ? 100 * $seconds / $age : 0),
        lstart => strftime('%a %b %e %H:%M:%S %Y', localtime($booted + $field[19] / $ticks)),
        comm => $path, command => $arguments, state => $field[0],
    );
    $value{command} = "($name)" if $field[0] eq 'Z';
    print join(' ', map { $value{$_} // '?' } @columns), "\n";
    $shown = 1;
}
exit($shown ? 0 : 1);
