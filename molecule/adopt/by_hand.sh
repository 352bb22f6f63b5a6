#!/bin/sh
# A list server as people make it by hand: Debian's packages, Exim's split configuration with what Mailman's
# documentation says, an Apache that also serves something else, and lists by Mailman's own commands.
set -eu
domain=lists.example.org

# -- Exim
cat > /etc/exim4/update-exim4.conf.conf <<'END'
dc_eximconfig_configtype='internet'
dc_other_hostnames='fermium.example.org:example.org'
dc_local_interfaces=''
dc_readhost=''
dc_relay_domains=''
dc_minimaldns='false'
dc_relay_nets=''
dc_smarthost=''
CFILEMODE='644'
dc_use_split_config='true'
dc_hide_mailname=''
dc_mailname_in_oh='true'
dc_localdelivery='mail_spool'
END
cat > /etc/exim4/conf.d/main/25_mm3_macros <<END
domainlist mm3_domains = $domain : old.example.org
MM3_LMTP_HOST = 127.0.0.1
MM3_LMTP_PORT = 8024
MM3_HOME = /var/lib/mailman3
MM3_UID = list
MM3_GID = list
MM3_LISTCHK = MM3_HOME/lists/\${local_part}.\${domain}
END
cat > /etc/exim4/conf.d/router/190_renamed_lists <<END
renamed_lists:
  driver = redirect
  domains = $domain
  data = \${lookup{\$local_part}lsearch{/etc/exim4/renamed_lists}}
END
printf 'hackers: tinkerers@%s\n' "$domain" > /etc/exim4/renamed_lists
cat > /etc/exim4/conf.d/router/195_mm3_router <<'END'
mailman3_router:
  driver = accept
  domains = +mm3_domains
  require_files = MM3_LISTCHK
  local_part_suffix_optional
  local_part_suffix = -admin : -bounces : -bounces+* : -confirm : -confirm+* : -join : -leave : -owner : -request : -subscribe : -unsubscribe
  transport = mailman3_transport
END
cat > /etc/exim4/conf.d/transport/55_mm3_transport <<'END'
mailman3_transport:
  driver = smtp
  protocol = lmtp
  allow_localhost
  hosts = MM3_LMTP_HOST
  port = MM3_LMTP_PORT
  rcpt_include_affixes = true
END
sed -i 's/^domainlist local_domains.*/domainlist local_domains = MAIN_LOCAL_DOMAINS : +mm3_domains/' \
  /etc/exim4/conf.d/main/01_exim4-config_listmacrosdefs
# Debian delivers to no private address, and the test network has no other.
echo 'ROUTER_DNSLOOKUP_IGNORE_TARGET_HOSTS = <; 0.0.0.0 ; 127.0.0.0/8' > /etc/exim4/conf.d/main/00_private_addresses
printf 'postmaster: root\nwebteam: olga@example.net\n' >> /etc/aliases
echo example.org > /etc/mailname
update-exim4.conf

# -- Mailman
key=$(sed -n "s/^MAILMAN_ARCHIVER_KEY = '\(.*\)'/\1/p" /etc/mailman3/mailman-web.py)
sed -i -e "s/^site_owner: .*/site_owner: postmaster@example.org/" -e "s/^incoming: .*/incoming: mailman.mta.exim4.LMTP/" \
  -e "s/^configuration: python:mailman.config.postfix/configuration: python:mailman.config.exim4/" \
  -e "s/^smtp_port: 25/&\\nmax_recipients: 50/" /etc/mailman3/mailman.cfg
cat >> /etc/mailman3/mailman.cfg <<'END'

[archiver.hyperkitty]
class: mailman_hyperkitty.Archiver
enable: yes
configuration: /etc/mailman3/mailman-hyperkitty.cfg
END
sed -i "s#^api_key: .*#api_key: $key#" /etc/mailman3/mailman-hyperkitty.cfg
sed -i -e "s/^EMAILNAME = .*/EMAILNAME = '$domain'/" -e "s#^POSTORIUS_TEMPLATE_BASE_URL = .*#POSTORIUS_TEMPLATE_BASE_URL = 'http://localhost/mailman3/'#" \
  -e "s/^TIME_ZONE = .*/TIME_ZONE = 'Europe\/Berlin'/" /etc/mailman3/mailman-web.py
for step in migrate "collectstatic --noinput" compress; do
  mailman-web $step > /dev/null
done
DJANGO_SUPERUSER_PASSWORD=made-by-hand mailman-web createsuperuser --noinput --username root --email root@example.org
echo "from django.contrib.sites.models import Site; Site.objects.update(name='$domain', domain='$domain')" |
  mailman-web shell > /dev/null
echo "from allauth.account.models import EmailAddress as E; from django.contrib.auth.models import User;
E.objects.create(user=User.objects.get(), email='root@example.org', verified=True, primary=True)" |
  mailman-web shell > /dev/null

# -- Apache, which had a site before
mkdir -p /var/www/club
echo 'The club of Fermium' > /var/www/club/index.html
cat > /etc/apache2/sites-available/club.conf <<'END'
<VirtualHost *:80>
  ServerName club.example.org
  DocumentRoot /var/www/club
</VirtualHost>
END
cat > /etc/apache2/sites-available/lists.conf <<END
<VirtualHost *:443>
  ServerName $domain
  SSLEngine on
  SSLCertificateFile /etc/ssl/certs/lists.pem
  SSLCertificateKeyFile /etc/ssl/private/lists.key
  Redirect permanent /mailman3/hyperkitty/list/hackers@$domain/ https://$domain/mailman3/hyperkitty/list/tinkerers@$domain/
</VirtualHost>
END
openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj "/CN=$domain" -addext "subjectAltName=DNS:$domain" \
  -keyout /etc/ssl/private/lists.key -out /etc/ssl/certs/lists.pem 2> /dev/null
ln -s /etc/mailman3/apache.conf /etc/apache2/conf-available/mailman3.conf
a2enmod -q ssl proxy proxy_uwsgi
a2enconf -q mailman3
a2ensite -q club lists
a2dissite -q 000-default
systemctl enable --quiet --now exim4 mailman3 mailman3-web apache2 cron

# -- the lists, by Mailman's own commands
mailman() { runuser -u list -- /usr/bin/mailman "$@"; }
for try in $(seq 60); do mailman status 2> /dev/null | grep -q 'is running' && break; sleep 1; done
for name in talk tinkerers board oldnews 1e3; do
  mailman create --quiet --domain --owner owner@example.org "$name@$domain"
done
mailman addmembers - "talk@$domain" > /dev/null <<'END'
Alice {{ 7 * 7 }} <alice@example.net>
Böb <bob@example.net>
END
echo alice@example.net | mailman addmembers - "board@$domain" > /dev/null
cat > /run/configure.py <<'END'
from mailman.interfaces.action import Action
from mailman.interfaces.archiver import ArchivePolicy
from mailman.interfaces.listmanager import IListManager
from mailman.interfaces.bans import IBanManager
from mailman.interfaces.mailinglist import IHeaderMatchList, SubscriptionPolicy
from zope.component import getUtility


def configure():
    get = getUtility(IListManager).get
    talk = get('talk@lists.example.org')
    talk.info = 'Zwölf Gärten.\n\nno\n'
    talk.description = '{{ lookup("pipe", "id") }}'
    talk.default_nonmember_action = Action.hold
    IHeaderMatchList(talk).append('X-Spam-Flag', '^YES$', 'discard', '')
    IBanManager(None).ban('^.*@everywhere\\.example\\.com$')
    IBanManager(talk).ban('^.*@spam\\.example\\.com$')
    board = get('board@lists.example.org')
    board.archive_policy = ArchivePolicy.private
    board.advertised = False
    board.subscription_policy = SubscriptionPolicy.moderate
    get('1e3@lists.example.org').subject_prefix = ''
    from mailman.config import config
    config.db.commit()
END
cp /run/configure.py /var/lib/mailman3/configure.py
runuser -u list -- env PYTHONPATH=/var/lib/mailman3 /usr/bin/mailman shell -r configure.configure > /dev/null
rm /var/lib/mailman3/configure.py
